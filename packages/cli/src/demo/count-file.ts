/** Reads a file in pieces and counts its words, in memory that depends on its distinct words and not on its size. */
import { constants, open } from "node:fs/promises";
import type { FileCounts } from "./count-words.ts";
import { WordCounter } from "./word-counter.ts";

const pieceBytes = 256 * 1024;

/** Neither a link nor a pipe that took the file's place since it was found: a pipe would be waited for without end. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** `path` is bytes: a file name need not be Unicode. Rejects with why it cannot be read. */
export async function countFile(path: Buffer): Promise<FileCounts> {
  try {
    await using file = await open(path, openFlags);
    if (!(await file.stat()).isFile()) throw new Error("it is not a regular file any more");
    const counter = new WordCounter();
    const piece = Buffer.allocUnsafe(pieceBytes);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, pieceBytes, null);
      if (bytesRead === 0) break;
      bytes += bytesRead;
      counter.add(piece.subarray(0, bytesRead));
    }
    counter.end();
    return { bytes, words: counter.words, counts: counter.counts };
  } catch (error) {
    // Node puts the path behind a comma. Who has the task has the path, and paths may be longer than errors.
    throw new Error(error instanceof Error ? error.message.split(",", 1)[0] : String(error), {
      cause: error,
    });
  }
}
