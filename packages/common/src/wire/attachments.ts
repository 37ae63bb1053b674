/**
 * Large binaries of a batch, which travel as frames of their own beside the slab: gathered, cut, joined, and handed out
 * by task. Nobody looks into them here, and nobody copies them.
 *
 * A batch has them in the order of its tasks, and within a task in the order in which its value names them. So the place
 * of one within its own task never changes, and no slab is rewritten when batches are cut and joined.
 */
import type { Attachments } from "./messages.ts";

/** Gathers those of a batch while its values are written. */
export class AttachmentsBuilder {
  #at: number[] = [];
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #pendingBytes = 0;

  /** Bytes of all that belong to a task. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of those that the value which is being written has so far. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Adds one to the value that is being written; returns its place within that value. */
  add(frame: Uint8Array): number {
    const place = this.#frames.length - this.#at.length;
    this.#frames.push(frame);
    this.#pendingBytes += frame.length;
    return place;
  }

  /** The value is written, and is this task's. */
  assign(task: number): void {
    while (this.#at.length < this.#frames.length) this.#at.push(task);
    this.#bytes += this.#pendingBytes;
    this.#pendingBytes = 0;
  }

  /** The value was refused. */
  drop(): void {
    this.#frames.length = this.#at.length;
    this.#pendingBytes = 0;
  }

  /** What was gathered, if anything; the builder starts anew. */
  take(): Attachments | undefined {
    if (this.#frames.length === 0) return undefined;
    const taken = { at: this.#at, frames: this.#frames };
    this.#at = [];
    this.#frames = [];
    this.#bytes = 0;
    return taken;
  }
}

/** Gives each task its attachments. Tasks are asked for in ascending order, not necessarily all of them. */
export class AttachmentsReader {
  readonly #attachments: Attachments;
  #next = 0;

  constructor(attachments: Attachments) {
    this.#attachments = attachments;
  }

  of(task: number): readonly Uint8Array[] | undefined {
    const { at, frames } = this.#attachments;
    let from = this.#next;
    while ((at[from] ?? task) < task) from += 1;
    let to = from;
    while (at[to] === task) to += 1;
    this.#next = to;
    return to === from ? undefined : frames.slice(from, to);
  }
}

/** Those of the tasks from `from` up to, not including, `to`. */
export function sliceAttachments(
  { at, frames }: Attachments,
  { from, to }: { from: number; to: number },
): Attachments | undefined {
  const first = firstOf(at, from);
  const end = firstOf(at, to);
  if (first === end) return undefined;
  return { at: at.slice(first, end).map((task) => task - from), frames: frames.slice(first, end) };
}

/** Index of the first attachment that belongs to this task or a later one. */
function firstOf(at: readonly number[], task: number): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((at[middle] ?? task) < task) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Their bytes. */
export function attachmentBytes({ frames }: Attachments): number {
  let bytes = 0;
  for (const frame of frames) bytes += frame.length;
  return bytes;
}
