/**
 * Takes batches of encoded values apart and puts them together, without looking at a value.
 *
 * Contiguous tasks share the slab they came in; pieces from several slabs are copied once, into one. Nobody writes to
 * a slab after it was made. Attachments go along, and are never copied.
 */
import { attachmentBytes, sliceAttachments } from "./attachments.ts";
import type { Attachments, Values } from "./messages.ts";

/** Part of a batch: tasks from `from` up to, not including, `to`. */
export interface Piece {
  readonly values: Values;
  /** Of the slab: from `prefixOffsets(values.lengths)`. */
  readonly offsets: Uint32Array;
  readonly from: number;
  readonly to: number;
}

/** Where each value begins: one entry more than values, so value i is `[offsets[i], offsets[i + 1])`. */
export function prefixOffsets(lengths: readonly number[]): Uint32Array {
  const offsets = new Uint32Array(lengths.length + 1);
  let end = 0;
  for (let index = 0; index < lengths.length; index++) {
    end += lengths[index] ?? 0;
    offsets[index + 1] = end;
  }
  return offsets;
}

/** All bytes of a batch: what credit and limits count. */
export function bytesOfValues({ slab, attachments }: Values): number {
  return attachments === undefined ? slab.length : slab.length + attachmentBytes(attachments);
}

/** Bytes of each value with its attachments. */
export function sizesOfValues({ lengths, attachments }: Values): readonly number[] {
  if (attachments === undefined) return lengths;
  const sizes = lengths.slice();
  for (const [index, frame] of attachments.frames.entries()) {
    const task = attachments.at[index] ?? 0;
    sizes[task] = (sizes[task] ?? 0) + frame.length;
  }
  return sizes;
}

/** The piece as a batch of its own. Shares the slab. */
export function sliceValues(piece: Piece): Values {
  const { values, offsets, from, to } = piece;
  if (from === 0 && to === values.lengths.length) return values;
  const slab = values.slab.subarray(offsets[from], offsets[to]);
  return withAttachments(values.lengths.slice(from, to), slab, attachmentsOf(piece));
}

function attachmentsOf({ values: { attachments }, from, to }: Piece): Attachments | undefined {
  return attachments && sliceAttachments(attachments, { from, to });
}

function withAttachments(
  lengths: readonly number[],
  slab: Uint8Array,
  attachments: Attachments | undefined,
): Values {
  return attachments === undefined ? { lengths, slab } : { lengths, slab, attachments };
}

/** All pieces as one batch, in their order. One copy; a single piece shares its slab. */
export function gatherValues(pieces: readonly Piece[]): Values {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return sliceValues(only);
  let bytes = 0;
  let count = 0;
  for (const { offsets, from, to } of pieces) {
    bytes += (offsets[to] ?? 0) - (offsets[from] ?? 0);
    count += to - from;
  }
  const slab = Buffer.allocUnsafe(bytes);
  const lengths = new Array<number>(count);
  let at = 0;
  let task = 0;
  for (const { values, offsets, from, to } of pieces) {
    const begin = offsets[from] ?? 0;
    const end = offsets[to] ?? 0;
    slab.set(values.slab.subarray(begin, end), at);
    at += end - begin;
    for (let index = from; index < to; index++) lengths[task++] = values.lengths[index] ?? 0;
  }
  return withAttachments(lengths, slab, gatherAttachments(pieces));
}

function gatherAttachments(pieces: readonly Piece[]): Attachments | undefined {
  const all: { at: number[]; frames: Uint8Array[] } = { at: [], frames: [] };
  let tasks = 0;
  for (const piece of pieces) {
    const some = attachmentsOf(piece);
    for (const at of some?.at ?? []) all.at.push(at + tasks);
    for (const frame of some?.frames ?? []) all.frames.push(frame);
    tasks += piece.to - piece.from;
  }
  return all.frames.length === 0 ? undefined : all;
}

/** The same batch with attachments that nobody else can write to. */
export function withOwnAttachments(values: Values): Values {
  const { lengths, slab, attachments } = values;
  if (attachments === undefined) return values;
  const frames = attachments.frames.map((frame) => Buffer.from(frame));
  return { lengths, slab, attachments: { at: attachments.at, frames } };
}

/**
 * The same batch, safe to keep for long: its slab is copied where it keeps a much larger block of memory alive, as a
 * small frame from a socket and a slice of a large batch do. Attachments are frames that pin only themselves.
 */
export function ownedValues(values: Values): Values {
  const { slab, lengths } = values;
  if (slab.buffer.byteLength <= 2 * slab.length + pinnedBytesMax) return values;
  const owned = Buffer.allocUnsafeSlow(slab.length);
  owned.set(slab);
  return withAttachments(lengths, owned, values.attachments);
}

/** What may stay alive beside a slab without a copy. */
const pinnedBytesMax = 1024;
