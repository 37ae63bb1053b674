/**
 * Which sink the tasks of one ventilator are for. It is chosen here, not there: so that whoever is handed a task later,
 * because its ventilator is gone, offers its result to the same sink, which knows whether it has it.
 *
 * Per origin and block of seqs, by rendezvous hash over the sinks that the ventilator has a session with: a sink's duplicate
 * window gets dense ranges, and new tasks go to those that are there.
 */
import { rendezvous, sinkBlockSeqs, sinkKeyOf } from "@tq/common/protocol";
import type { Origin, Sinks } from "@tq/common/wire";
import { type KeptBatch, sliceBatch } from "./slice-batch.ts";

/** A ventilator that may be moving a sink's share counts as having done so a little before its time. */
const earlyShare = 0.8;

export class SinkPins {
  readonly #graceMs: number;
  #here: readonly string[] = [];
  /** Sinks that the ventilator has no session with, and since when; infinity: it may have moved their share. */
  readonly #awaySince = new Map<string, number>();
  #lastKey = "";
  #lastPin: string | undefined;

  constructor(graceMs: number) {
    this.#graceMs = graceMs * earlyShare;
  }

  heard(now: number, { here, away }: Pick<Sinks, "here" | "away">): void {
    this.#here = here;
    this.#lastKey = "";
    const awaySince = new Map(this.#awaySince);
    this.#awaySince.clear();
    for (const sink of away) this.#awaySince.set(sink, awaySince.get(sink) ?? now);
  }

  /** A sink-bound batch as it is said: in one part, mostly, and one for each block otherwise. */
  pinned(batch: KeptBatch): readonly KeptBatch[] {
    if (batch.reply !== "sink" || this.#here.length === 0) return [batch];
    const [origin = ""] = batch.ids.origins;
    const [, first = 0, count = 0] = batch.ids.runs;
    const parts: KeptBatch[] = [];
    for (let from = 0; from < count; ) {
      const seq = first + from;
      const to = Math.min(count, from + sinkBlockSeqs - (seq % sinkBlockSeqs));
      parts.push({ ...sliceBatch(batch, { from, to }), sink: this.#of(origin, seq) });
      from = to;
    }
    return parts;
  }

  /** Sinks that have been away for so long that the ventilator may give their share to others. Each is told once. */
  takeGivenUp(now: number): readonly string[] {
    const givenUp: string[] = [];
    for (const [sink, since] of this.#awaySince) {
      if (now - since < this.#graceMs) continue;
      this.#awaySince.set(sink, Number.POSITIVE_INFINITY);
      givenUp.push(sink);
    }
    return givenUp;
  }

  wakeAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const since of this.#awaySince.values()) at = Math.min(at, since + this.#graceMs);
    return at;
  }

  #of(origin: Origin, seq: number): string | undefined {
    const key = sinkKeyOf(origin, seq);
    if (key !== this.#lastKey) {
      this.#lastKey = key;
      this.#lastPin = rendezvous(key, this.#here);
    }
    return this.#lastPin;
  }
}
