/** The journal as the core runs it: what was left in it, what is gathered for it, and what waits for it. */
import type { Origin } from "@tq/common/wire";
import type { IdempotencyKeys } from "../idempotency/idempotency-keys.ts";
import type { Owner } from "../owner.ts";
import { FormerLocal } from "./former-local.ts";
import type { JournalContents, JournaledOwner } from "./journal-port.ts";
import type { JournalWriter } from "./journal-writer.ts";
import { PendingBatches } from "./pending-batches.ts";
import { Replay, type ReplayParts } from "./replay.ts";

export interface JournalingParts extends Omit<ReplayParts, "ownerOf"> {
  readonly journal: JournalWriter;
  readonly keys: IdempotencyKeys;
}

/** How the journal stands. */
export interface JournalStats {
  /** Tasks that are accepted once they are written. */
  readonly pending: number;
  /** Changes that are not safe yet. */
  readonly unsynced: number;
  /** There is no room: nothing is accepted. */
  readonly isFull: boolean;
}

export class Journaling {
  readonly pending: PendingBatches;
  readonly #parts: JournalingParts;
  readonly #writer: JournalWriter;
  #former: FormerLocal | undefined;
  #replay: Replay | undefined;

  constructor(parts: JournalingParts) {
    this.#parts = parts;
    this.#writer = parts.journal;
    this.pending = new PendingBatches(parts);
  }

  /** Takes over what an earlier start has left. `producerOf`: the producer with a boot id, which is away for now, or for good. */
  replay(
    now: number,
    contents: JournalContents,
    to: {
      readonly producerOf: (bootId: string, about: { name: string; isLeft: boolean }) => Owner;
      readonly closeOrigins: (origins: readonly Origin[]) => void;
    },
  ): void {
    const former = new FormerLocal(to.closeOrigins);
    this.#former = former;
    const ownerOf = ({ bootId, name }: JournaledOwner, isLeft: boolean): Owner =>
      bootId === undefined ? former.owner : to.producerOf(bootId, { name, isLeft });
    this.#replay = new Replay(now, contents, { ...this.#parts, ownerOf });
  }

  journaled(number: number): void {
    this.#writer.journaled(number);
  }

  full(now: number, number: number): void {
    this.#writer.full(now, number);
  }

  /** To be called at the end of a turn, when everything has been gathered that has happened in it. */
  flush(now: number): void {
    this.#former?.flush();
    this.#writer.flush(now);
  }

  /** To be called after expiries. */
  wake(now: number): void {
    this.#replay?.wake(now);
  }

  wakeAt(): number {
    return Math.min(this.#replay?.wakeAt() ?? Number.POSITIVE_INFINITY, this.#writer.wakeAt());
  }

  stats(): JournalStats {
    const { unsynced, isFull } = this.#writer;
    return { pending: this.pending.tasks, unsynced, isFull };
  }
}
