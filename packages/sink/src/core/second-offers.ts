/**
 * Who else offered an id that is pending, and has to be told once it is final. Rare: a worker that came back in a fresh
 * session, a second attempt, a proposal for a task that completed after all. So it is kept per id.
 */
import type { Origin } from "@tq/common";
import type { IdRun } from "@tq/common/protocol";
import type { SessionId } from "@tq/common/wire";

export class SecondOffers {
  readonly #origins = new Map<Origin, Map<number, Set<SessionId>>>();

  add(origin: Origin, seq: number, session: SessionId): void {
    let seqs = this.#origins.get(origin);
    if (seqs === undefined) {
      seqs = new Map();
      this.#origins.set(origin, seqs);
    }
    const sessions = seqs.get(seq);
    if (sessions === undefined) seqs.set(seq, new Set([session]));
    else sessions.add(session);
  }

  /** Takes out everybody who offered one of the run. */
  take({ origin, first, count }: IdRun, tell: (seq: number, to: SessionId) => void): void {
    const seqs = this.#origins.get(origin);
    if (seqs === undefined) return;
    const end = first + count;
    for (let seq = first; seq < end && seqs.size > 0; seq++) {
      const sessions = seqs.get(seq);
      if (sessions === undefined) continue;
      seqs.delete(seq);
      for (const session of sessions) tell(seq, session);
    }
    if (seqs.size === 0) this.#origins.delete(origin);
  }
}
