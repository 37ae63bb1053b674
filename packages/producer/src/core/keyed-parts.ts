/**
 * Cuts a batch with idempotency keys so that each part goes where its keys are looked for from now on: to the ventilator that a
 * task submitted under the same key would go to.
 */
import { forEachId, IdRunsBuilder, rendezvous, SparseReader } from "@tq/common/protocol";
import { runOf, sliceBatch } from "./slice-batch.ts";
import type { Moving } from "./task-book.ts";

export interface KeyedPart {
  readonly moving: Moving;
  /** Endpoint of the ventilator that its keys choose; undefined: it has none. */
  readonly endpoint: string | undefined;
}

/** `endpoints`: of the ventilators that could take it. */
export function keyedParts(moving: Moving, endpoints: readonly string[]): readonly KeyedPart[] {
  const { batch } = moving;
  if (batch.options.key === undefined) return [{ moving, endpoint: undefined }];
  const { count } = runOf(batch);
  const keys = new SparseReader(batch.options.key);
  const parts: KeyedPart[] = [];
  let from = 0;
  let chosen: string | undefined;
  for (let index = 0; index <= count; index++) {
    const key = keys.at(index);
    const endpoint = index < count && key !== undefined ? rendezvous(key, endpoints) : undefined;
    if (index > 0 && (index === count || endpoint !== chosen)) {
      parts.push({ moving: partOf(moving, { from, to: index }), endpoint: chosen });
      from = index;
    }
    chosen = endpoint;
  }
  return parts;
}

function partOf(moving: Moving, { from, to }: { readonly from: number; readonly to: number }): Moving {
  const batch = sliceBatch(moving.batch, { from, to });
  const { first, count } = runOf(batch);
  const cancelled = new IdRunsBuilder();
  forEachId(moving.cancelled, (origin, seq) => {
    if (seq >= first && seq < first + count) cancelled.add(origin, seq);
  });
  return { ...moving, batch, cancelled: cancelled.take() };
}
