/**
 * Writes lines to a file descriptor so that a slow reader slows the writer and never the event loop.
 *
 * `process.stdout` writes to a pipe synchronously: a reader that stops reading would stop the whole process, which its
 * peers then take for dead. Here a write waits in Node's thread pool, and `write` resolves when the operating system has
 * every byte. Lines are never torn by this class: a write that is cut short goes on where it was cut.
 */
import { write as writeToDescriptor } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const writeSome = promisify(writeToDescriptor);

/** A pipe that another process made non-blocking says "try again" when it is full. */
const fullPipePauseMs = 5;

/** `add` holds at most about this much before it asks the caller to wait. One write of 64 KiB fills a Linux pipe. */
const heldCharsMax = 64 * 1024;

export class LineOutput {
  readonly #descriptor: number;
  #held: string[] = [];
  #heldChars = 0;
  #writing: Promise<void> | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Resolves when the operating system has the text and all before it. Rejects with the system's error, as `EPIPE`. */
  async write(text: string): Promise<void> {
    this.#hold(text);
    await this.flush();
  }

  /**
   * For many lines: takes one, and gives a promise where the caller should wait before the next. What was added is
   * on its way when `flush` has resolved.
   */
  add(text: string): Promise<void> | undefined {
    this.#hold(text);
    if (this.#writing === undefined) {
      this.#writing = this.#drain();
      // Whoever adds next, or flushes, meets the failure; between the two nobody may be waiting.
      this.#writing.catch(() => {});
    }
    return this.#heldChars > heldCharsMax ? this.flush() : undefined;
  }

  /** Resolves when all that was added is with the operating system. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined || this.#heldChars > 0) {
      this.#writing ??= this.#drain();
      await this.#writing;
    }
  }

  #hold(text: string): void {
    this.#held.push(text);
    this.#heldChars += text.length;
  }

  async #drain(): Promise<void> {
    // A turn later, so that lines added in one turn leave in one write.
    await Promise.resolve();
    while (this.#heldChars > 0) {
      const text = this.#held.join("");
      this.#held = [];
      this.#heldChars = 0;
      await writeAll(this.#descriptor, Buffer.from(text));
    }
    this.#writing = undefined;
  }
}

/** Writes every byte. Rejects with the system's error; how many bytes were written by then is its `bytesWritten`. */
export async function writeAll(descriptor: number, bytes: Buffer): Promise<void> {
  let from = 0;
  while (from < bytes.length) {
    try {
      from += (await writeSome(descriptor, bytes, from, bytes.length - from, null)).bytesWritten;
    } catch (error) {
      if (!hasErrno(error, "EAGAIN")) throw Object.assign(error as Error, { bytesWritten: from });
      await pause(fullPipePauseMs);
    }
  }
}

/** Whether it is the operating system's error of that name. */
export function hasErrno(error: unknown, errno: string): boolean {
  return error instanceof Error && "code" in error && error.code === errno;
}

/** Where data goes. Everything else goes to stderr. */
export const standardOutput = new LineOutput(1);
