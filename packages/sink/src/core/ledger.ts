/**
 * The book of outcomes: which offers are new, which outcome stands, who has to hear of it, and what a store must keep.
 *
 * The first outcome that is committed is final. A second offer is told what the first one came to, at once or when it
 * is known. An outcome is told to nobody before the store has it: `flush` keeps that order.
 */
import type { OutcomeStatus } from "@tq/common";
import { forEachRun, type SessionServer } from "@tq/common/protocol";
import type { Closed, IdRuns, Origin, SessionId } from "@tq/common/wire";
import { Acknowledgements } from "./acknowledgements.ts";
import { DuplicateWindow, type WindowSnapshot } from "./duplicate-window.ts";
import { forEachRunOf, type Rows } from "./result-batch.ts";
import { SecondOffers } from "./second-offers.ts";
import { ChangeBuilder, type StoreChange } from "./store-change.ts";

export class Ledger {
  /** Of what sessions offer; what comes by the pipe is told apart in `push-origin.ts`. */
  readonly window: DuplicateWindow;
  readonly #secondOffers = new SecondOffers();
  readonly #acknowledgements = new Acknowledgements();
  readonly #change = new ChangeBuilder();
  readonly committed: Record<OutcomeStatus, number> = {
    completed: 0,
    failed: 0,
    dead: 0,
    cancelled: 0,
    expired: 0,
  };
  /** Offers of ids that were pending or committed. */
  duplicates = 0;

  constructor(closedOriginsMax: number, snapshot: WindowSnapshot | undefined) {
    this.window = new DuplicateWindow(closedOriginsMax, snapshot);
  }

  /** Everybody has been told everything. */
  get isSettled(): boolean {
    return this.#acknowledgements.isEmpty;
  }

  /** Takes an offer, and gives the rows that are new: flat pairs `[from, to, …]`. The others are answered. */
  offer(session: SessionId, ids: IdRuns): number[] {
    const kept: number[] = [];
    const keep = (from: number, to: number): void => {
      if (kept.at(-1) === from) kept[kept.length - 1] = to;
      else kept.push(from, to);
    };
    forEachRun(ids, (run) => {
      const { origin, first, count, position } = run;
      if (this.window.offerRun(run)) return keep(position, position + count);
      for (let offset = 0; offset < count; offset++) {
        const seq = first + offset;
        const standing = this.window.offer(origin, seq);
        if (standing === "fresh") {
          keep(position + offset, position + offset + 1);
          continue;
        }
        this.duplicates += 1;
        if (standing === "pending") this.#secondOffers.add(origin, seq, session);
        else this.#acknowledgements.add({ session, outcome: standing }, { origin, first: seq, count: 1 });
      }
    });
    return kept;
  }

  /**
   * These rows, pending until now, are final. `offeredBy` and whoever else offered them will be told; nobody, if they came by
   * the pipe.
   */
  commit(rows: Rows, offeredBy: SessionId | undefined): void {
    const { outcome } = rows.batch;
    this.committed[outcome] += rows.to - rows.from;
    this.#change.commit(rows);
    if (offeredBy === undefined) return;
    forEachRunOf(rows, (run) => {
      this.window.commitRun(run, outcome);
      this.#acknowledgements.add({ session: offeredBy, outcome }, run);
      this.#secondOffers.take(run, (seq, session) => {
        if (session === offeredBy) return;
        this.#acknowledgements.add({ session, outcome }, { origin: run.origin, first: seq, count: 1 });
      });
    });
  }

  raise(origin: Origin, below: number): void {
    this.window.raise(origin, below);
    this.#change.raise({ origin, below });
  }

  close({ origins }: Closed): void {
    for (const origin of origins) {
      this.window.close(origin);
      this.#change.close(origin);
    }
  }

  flush(now: number, persist: (change: StoreChange) => void, server: SessionServer): void {
    const change = this.#change.take();
    if (change !== undefined) persist(change);
    this.#acknowledgements.flush(now, server);
  }
}
