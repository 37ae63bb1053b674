/**
 * What all calls of one submitter share: the way out, the deadlines, and the end of the turn, at which everything that
 * was submitted, read or cancelled in it goes out together.
 *
 * Inputs are read only there, too: reading runs the caller's code, which must not happen inside an owner's event, and a
 * loop that takes a hundred results in one turn makes room for one batch of a hundred, not for a hundred batches.
 */
import type { TqError } from "../contract/index.ts";
import type { SubmitOrigins } from "../protocol/index.ts";
import { IdRunsBuilder, type SubmitPort } from "../protocol/index.ts";
import type { Origin } from "../wire/index.ts";
import { CancelCalls } from "./cancel-calls.ts";
import type { Source } from "./consumer.ts";
import { Deadlines, type SetTimer } from "./deadlines.ts";
import { Outbox } from "./outbox.ts";
import { type Ledger, Owner } from "./owner.ts";

export interface DeskOptions {
  readonly port: SubmitPort;
  readonly origins: readonly SubmitOrigins[];
  readonly drawOrigin: () => Origin;
  readonly now: () => number;
  readonly atEndOfTurn: (run: () => void) => void;
  readonly setTimer: SetTimer;
}

export class Desk {
  readonly now: () => number;
  readonly owners: readonly Owner[];
  readonly ledgers = new Map<Origin, Ledger>();
  readonly outbox: Outbox;
  readonly deadlines: Deadlines;
  readonly cancelCalls: CancelCalls;
  /** Why nothing new is taken, once that is so. */
  closed: TqError | undefined;
  readonly #port: SubmitPort;
  readonly #atEndOfTurn: (run: () => void) => void;
  readonly #cancels = new IdRunsBuilder();
  readonly #sources = new Set<Source>();
  #hungry = new Set<Source>();
  #idle: (() => void)[] = [];
  #isTurnDue = false;

  constructor({ port, origins, drawOrigin, now, atEndOfTurn, setTimer }: DeskOptions) {
    this.now = now;
    const begun = (ledger: Ledger): void => void this.ledgers.set(ledger.records.origin, ledger);
    const ended = ({ records }: Ledger): void => void this.ledgers.delete(records.origin);
    this.owners = origins.map((pair, index) => new Owner({ index, origins: pair, drawOrigin, begun, ended }));
    this.outbox = new Outbox({ owners: this.owners, port, now });
    this.deadlines = new Deadlines(now, setTimer);
    this.cancelCalls = new CancelCalls(this.deadlines);
    this.#port = port;
    this.#atEndOfTurn = atEndOfTurn;
  }

  /** There is something to do at the end of this turn. */
  touch(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#atEndOfTurn(this.#endTurn);
  }

  /** An owner has credit again. It may say so every turn: without anything to hand over that is no reason for another. */
  creditCame(): void {
    if (this.outbox.tasks > 0 || this.#hungry.size > 0) this.touch();
  }

  /** Something that was waited for is over. */
  checkIdle(): void {
    if (this.#idle.length > 0) this.touch();
  }

  enter(source: Source): void {
    this.#sources.add(source);
  }

  leave(source: Source): void {
    this.#sources.delete(source);
    this.#hungry.delete(source);
    this.checkIdle();
  }

  /** The source wants to read on. */
  wake(source: Source): void {
    this.#hungry.add(source);
    this.touch();
  }

  /** The call does not wait for this task any more. What comes of it is dropped. */
  letGo(origin: Origin, seq: number): void {
    this.ledgers.get(origin)?.records.take(seq);
    this.checkIdle();
  }

  /** Asks the owner to cancel a task; nobody need wait for it. */
  cancel(origin: Origin, seq: number): void {
    this.#cancels.add(origin, seq);
    this.touch();
  }

  /** Nothing new from now on. */
  stop(error: TqError): void {
    this.closed ??= error;
    for (const source of [...this.#sources]) source.halt(error);
    this.checkIdle();
  }

  /** Resolves when nothing is queued or waited for. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.touch();
    });
  }

  readonly #endTurn = (): void => {
    this.#isTurnDue = false;
    this.#feed();
    this.outbox.handOver();
    if (this.#cancels.count > 0) this.#port.cancel(this.#cancels.take());
    if (this.#hungry.size > 0 && this.outbox.hasRoom) this.touch();
    if (this.#idle.length > 0 && this.#isIdle()) this.#tellIdle();
  };

  /** Sources that find no room stay hungry: credit or the end of other calls brings the next turn. */
  #feed(): void {
    if (!this.outbox.hasRoom) return;
    const hungry = this.#hungry;
    this.#hungry = new Set();
    for (const source of hungry) source.pump();
  }

  #isIdle(): boolean {
    if (this.outbox.tasks > 0 || this.#cancels.count > 0 || !this.cancelCalls.isEmpty) return false;
    return this.owners.every(({ ledgers }) => ledgers.every(({ records }) => records.live === 0));
  }

  #tellIdle(): void {
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }
}
