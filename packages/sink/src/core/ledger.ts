/**
 * The book of outcomes: which offers are new, which outcome stands, who has to hear of it, and what a store must keep.
 *
 * The first outcome that is committed is final. A second offer is told what the first one came to, at once or when it
 * is known. An outcome stays pending, and is told to nobody, until the store has it (`store-writes.ts`).
 */
import type { OutcomeStatus } from "@tq/common";
import { forEachRun, type SessionServer } from "@tq/common/protocol";
import type { Closed, IdRuns, Origin, SessionId } from "@tq/common/wire";
import { Acknowledgements } from "./acknowledgements.ts";
import { DuplicateWindow, type WindowSnapshot } from "./duplicate-window.ts";
import { forEachRunOf } from "./result-batch.ts";
import { SecondOffers } from "./second-offers.ts";
import { type Commit, StoreWrites, type StoreWritesHost } from "./store-writes.ts";

export interface LedgerOptions {
  readonly closedOriginsMax: number;
  /** What a store remembers. */
  readonly snapshot: WindowSnapshot | undefined;
  /** Told of each commit after its outcome is final. */
  readonly host: StoreWritesHost;
}

export class Ledger {
  /** Of what sessions offer; what comes by the pipe is told apart in `push-origin.ts`. */
  readonly window: DuplicateWindow;
  readonly #secondOffers = new SecondOffers();
  readonly #acknowledgements = new Acknowledgements();
  readonly #writes: StoreWrites;
  readonly committed: Record<OutcomeStatus, number> = {
    completed: 0,
    failed: 0,
    dead: 0,
    cancelled: 0,
    expired: 0,
  };
  /** Offers of ids that were pending or committed. */
  duplicates = 0;

  constructor({ closedOriginsMax, snapshot, host }: LedgerOptions) {
    this.window = new DuplicateWindow(closedOriginsMax, snapshot);
    this.#writes = new StoreWrites({
      ...host,
      settled: (commit) => {
        this.#settle(commit);
        host.settled(commit);
      },
    });
  }

  /** Everything is in the store, and everybody has been told. */
  get isSettled(): boolean {
    return this.#writes.isEmpty && this.#acknowledgements.isEmpty;
  }

  /** What goes to the store and comes back from it. */
  get writes(): Pick<StoreWrites, "persisted" | "full" | "wakeAt" | "rows"> {
    return this.#writes;
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

  /** These rows, pending until now, are final once the store has them. */
  commit(commit: Commit): void {
    this.#writes.commit(commit);
  }

  raise(origin: Origin, below: number): void {
    this.window.raise(origin, below);
    this.#writes.raise(origin, below);
  }

  close({ origins }: Closed): void {
    for (const origin of origins) {
      this.window.close(origin);
      this.#writes.close(origin);
    }
  }

  flush(now: number, server: SessionServer): void {
    this.#writes.flush(now);
    this.#acknowledgements.flush(now, server);
  }

  /** Whoever offered them will be told; nobody, if they came by the pipe. */
  #settle({ rows, entry: { session: offeredBy } }: Commit): void {
    const { outcome } = rows.batch;
    this.committed[outcome] += rows.to - rows.from;
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
}
