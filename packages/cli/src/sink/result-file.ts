/**
 * A file of result lines: appended to, and made of whole lines whatever happens.
 *
 * A write that fails half way is taken back, because its results are not committed and will be offered again. A file that
 * an earlier process left without a line end (it was killed in the middle of a write) gets one before anything else:
 * cutting the rest off would be tidier, and wrong where the file is not ours.
 */
import { type FileHandle, open } from "node:fs/promises";
import { TqError } from "@tq/common";
import type { TqLogger } from "@tq/common/node";
import { writeAll } from "../output/line-output.ts";
import type { ResultOutput } from "./result-output.ts";

const lineEnd = 0x0a;

/** Errors: `TQ_ERR_INVALID_OPTION` where it cannot be opened. Its `write` rejects with `TQ_ERR_FILE`. */
export async function openResultFile(path: string, log: TqLogger): Promise<ResultOutput> {
  const file = await open(path, "a+").catch((error: unknown) => {
    throw new TqError("TQ_ERR_INVALID_OPTION", `--out ${path}: ${messageOf(error)}`, { cause: error });
  });
  if (await endsTorn(file)) {
    log.warn(
      { file: path },
      `${path} ends without a line end: its last line may be torn; going on behind it`,
    );
    await file.write("\n");
  }
  return {
    write: (lines) => append(file, path, Buffer.from(lines)),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** All of it or, where that can be, nothing. Rejects with `TQ_ERR_FILE`. */
export async function append(file: FileHandle, path: string, bytes: Buffer): Promise<void> {
  try {
    await writeAll(file.fd, bytes);
  } catch (error) {
    await takeBack(file, error);
    throw new TqError("TQ_ERR_FILE", `writing to ${path} failed: ${messageOf(error)}`, { cause: error });
  }
}

async function takeBack(file: FileHandle, error: unknown): Promise<void> {
  const bytesWritten = error instanceof Error && "bytesWritten" in error ? Number(error.bytesWritten) : 0;
  const found = await file.stat();
  // A pipe or a device cannot take anything back.
  if (bytesWritten > 0 && found.isFile()) await file.truncate(found.size - bytesWritten);
}

/** Whether it ends without a line end, or would if it were so long. */
export async function endsTorn(file: FileHandle, length?: number): Promise<boolean> {
  const found = await file.stat();
  const end = length ?? found.size;
  if (!found.isFile() || end === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, end - 1);
  return buffer[0] !== lineEnd;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
