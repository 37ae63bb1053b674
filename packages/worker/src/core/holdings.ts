/**
 * The attempts of a worker and every way one may go: leased, started, completed, failed, given back, dropped, committed.
 *
 * Each transition is one method here, and leaves queue, slot, index, credit and what is to be said of it in step. Which message
 * asks for it is the matter of the links.
 */
import { type OutcomeStatus, TqError } from "@tq/common";
import { type AttemptFailure, failureOf, toRemoteError } from "@tq/common/contract";
import type { Account } from "./account.ts";
import { type Attempt, AttemptPool, type Lane } from "./attempt.ts";
import { Credit } from "./credit.ts";
import type { LeftAttempt, TaskMention } from "./events.ts";
import { FailureReports } from "./failure-reports.ts";
import { mentionOf } from "./identity.ts";
import type { StartedAttempt, WorkerCoreOptions, WorkerPort } from "./port.ts";
import type { PushLane } from "./push-lane.ts";
import { ReadyQueues } from "./ready-queues.ts";
import { ResultsOutbox } from "./results-outbox.ts";
import { Runs, type RunTicket } from "./runs.ts";
import type { SinkShares } from "./sink-shares.ts";
import type { Windows } from "./windows.ts";

/** Totals since the start. */
export interface Totals {
  completed: number;
  failed: number;
  timedOut: number;
  returned: number;
  /** Cancelled, not adopted, or made final elsewhere. */
  dropped: number;
  /** Outcomes of handlers that nobody wanted any more. */
  lateOutcomes: number;
}

interface HoldingsParts {
  readonly accounts: readonly Account[];
  /** Made with the pool that it shares. */
  readonly push: (pool: AttemptPool) => PushLane;
}

export class Holdings {
  readonly accounts: readonly Account[];
  readonly pool = new AttemptPool();
  readonly queues: ReadyQueues;
  readonly runs: Runs;
  readonly push: PushLane;
  readonly results: ResultsOutbox;
  readonly windows: Windows;
  readonly shares: SinkShares;
  readonly failures: FailureReports;
  readonly totals: Totals = {
    completed: 0,
    failed: 0,
    timedOut: 0,
    returned: 0,
    dropped: 0,
    lateOutcomes: 0,
  };
  readonly #options: WorkerCoreOptions;
  readonly #port: WorkerPort;
  readonly #credit: Credit;
  /** The lanes take turns. */
  #isPushNext = false;

  constructor(options: WorkerCoreOptions, port: WorkerPort, given: HoldingsParts) {
    const { accounts } = given;
    this.#options = options;
    this.#port = port;
    this.accounts = accounts;
    this.queues = new ReadyQueues(accounts.length, this.pool);
    this.runs = new Runs(options.slots);
    this.push = given.push(this.pool);
    this.results = new ResultsOutbox(options.definitions.length, this.pool);
    this.failures = new FailureReports(port);
    this.#credit = new Credit(options, { accounts, results: this.results });
    this.windows = this.#credit.windows;
    this.shares = this.#credit.shares;
  }

  mention(attempt: Attempt): TaskMention {
    return mentionOf(attempt, this.#options.definitions);
  }

  /** A lease has come in: it waits for a slot. The index knows it already. */
  enqueue(attempt: Attempt, lane: Lane): void {
    attempt.state = "queued";
    this.#credit.use(lane.definition);
    this.queues.push(attempt, lane.ventilator, lane.definition);
  }

  /** Whether something waits that may be started. */
  get hasStartable(): boolean {
    return this.runs.hasFreeSlot && (this.queues.count > 0 || this.push.hasStartable);
  }

  /** Starts the next attempt, if there are a slot and an attempt. */
  start(now: number, into: StartedAttempt): boolean {
    this.#isPushNext = !this.#isPushNext;
    return this.#isPushNext
      ? this.#startPushed(now, into) || this.#startLeased(now, into)
      : this.#startLeased(now, into) || this.#startPushed(now, into);
  }

  #startPushed(now: number, into: StartedAttempt): boolean {
    const attempt = this.runs.hasFreeSlot ? this.push.take(now, into) : undefined;
    if (attempt === undefined) return false;
    this.runs.start(now, attempt);
    into.isPushed = true;
    into.slot = attempt.slot;
    into.run = attempt.run;
    return true;
  }

  #startLeased(now: number, into: StartedAttempt): boolean {
    while (this.runs.hasFreeSlot) {
      const attempt = this.queues.take();
      if (attempt === undefined) return false;
      if (attempt.expiresAt <= now) {
        this.#giveBackTaken(attempt);
        continue;
      }
      this.runs.start(now, attempt);
      describe(attempt, into);
      leaveBatch(attempt);
      return true;
    }
    return false;
  }

  complete(ticket: RunTicket, output: unknown, durationUs: number): void {
    const attempt = this.#settle(ticket);
    if (attempt === undefined) return;
    attempt.durationUs = Math.max(0, Math.round(durationUs));
    if (attempt.pushed !== undefined) {
      this.#completePushed(attempt, output);
      return;
    }
    const lane = laneOf(attempt);
    try {
      this.results.add(attempt, lane, output);
    } catch (error) {
      this.#failSettled(attempt, failureOf(error));
      return;
    }
    this.totals.completed += 1;
    this.#credit.release(attempt, lane);
  }

  fail(ticket: RunTicket, failure: AttemptFailure): void {
    const attempt = this.#settle(ticket);
    if (attempt !== undefined) this.#failSettled(attempt, failure);
  }

  #completePushed(attempt: Attempt, output: unknown): void {
    try {
      this.push.completed(attempt, output);
      this.totals.completed += 1;
    } catch (error) {
      this.#failSettled(attempt, { error: toRemoteError(error), final: true });
    }
  }

  /** Attempts whose time is over fail; their handlers are told, and lose their slots. */
  timeOut(now: number): void {
    for (const attempt of this.runs.overdue(now)) {
      const { timeoutMs } = attempt;
      const mention = this.mention(attempt);
      const reason = new TqError("TQ_ERR_TIMEOUT", `the attempt ran longer than ${timeoutMs} ms`, {
        details: { ...mention, timeoutMs },
      });
      this.totals.timedOut += 1;
      this.failures.report((unreported) => ({
        type: "attempt.timed-out",
        ...mention,
        timeoutMs,
        unreported,
      }));
      this.#abortRun(now, attempt, { reason, keepsSlot: false });
      if (attempt.pushed !== undefined) {
        attempt.durationUs = Math.round(timeoutMs * 1000);
        this.push.failed(attempt, toRemoteError(reason));
        continue;
      }
      this.accountOf(attempt).unsaid.failed(this.accountOf(attempt).epoch, attempt, {
        error: toRemoteError(reason),
        final: false,
      });
      this.#credit.release(attempt, laneOf(attempt));
      this.#forget(attempt);
      this.pool.give(attempt);
    }
  }

  /** Gives back an attempt that waits. */
  giveBack(attempt: Attempt): void {
    this.#sayReturned(attempt);
    this.#leaveQueue(attempt);
    this.#forget(attempt);
  }

  /** Whatever it is doing, nobody wants it any more. */
  drop(now: number, attempt: Attempt, reason: TqError): void {
    this.totals.dropped += 1;
    this.#discard(now, attempt, reason);
  }

  /**
   * It is final, with this outcome. The ventilator is told, unless it said so itself; also of a task that it has taken back:
   * it may be about to have it run again.
   */
  commit(now: number, attempt: Attempt, outcome: OutcomeStatus): void {
    const account = this.accountOf(attempt);
    if (laneOf(attempt).outlet.isSink) account.unsaid.done(account.epoch, outcome, attempt);
    if (attempt.state === "offered" || attempt.state === "computed") {
      this.#discard(now, attempt, undefined);
    } else {
      this.drop(now, attempt, new TqError("TQ_ERR_CANCELLED", "another attempt has made the task final"));
    }
  }

  /** The worker stops: whatever it is, the ventilator gets it back. */
  leave(now: number, attempt: Attempt, reason: TqError): LeftAttempt {
    const { state } = attempt;
    const left = {
      ...this.mention(attempt),
      state: state === "queued" || state === "running" ? state : "uncommitted",
    } as const;
    if (attempt.isHeld) this.#sayReturned(attempt);
    this.#discard(now, attempt, reason);
    return left;
  }

  /** The worker stops: pushed tasks that run are lost. Gives how many. */
  abandonPushed(now: number, reason: TqError): number {
    const running = this.runs.running().filter(({ pushed }) => pushed !== undefined);
    for (const attempt of running) {
      this.#abortRun(now, attempt, { reason, keepsSlot: true });
      this.push.abandoned(attempt);
    }
    return running.length;
  }

  /** Aborted runs whose handlers do not come to an end. */
  reportUnheeded(now: number): void {
    for (const { mention, abortedMs } of this.runs.unheeded(now)) {
      this.#port.report({ type: "attempt.unheeded", ...mention, abortedMs });
    }
  }

  accountOf(attempt: Attempt): Account {
    const account = this.accounts[laneOf(attempt).ventilator];
    if (account === undefined) throw new TqError("TQ_ERR_INTERNAL", "an attempt has a ventilator");
    return account;
  }

  /** To the ventilator it is not held any more, whatever becomes of it here. */
  #sayReturned(attempt: Attempt): void {
    const account = this.accountOf(attempt);
    this.totals.returned += 1;
    account.unsaid.returned(account.epoch, attempt);
  }

  #settle(ticket: RunTicket): Attempt | undefined {
    const attempt = this.runs.find(ticket);
    if (attempt !== undefined) {
      this.runs.settle(attempt);
      return attempt;
    }
    if (this.runs.settleAborted(ticket)) this.totals.lateOutcomes += 1;
    return undefined;
  }

  #failSettled(attempt: Attempt, failure: AttemptFailure): void {
    this.totals.failed += 1;
    const { error } = failure;
    const final = failure.final || attempt.pushed !== undefined;
    this.failures.report((unreported) => ({
      type: "attempt.failed",
      ...this.mention(attempt),
      error,
      final,
      unreported,
    }));
    if (attempt.pushed !== undefined) {
      this.push.failed(attempt, error);
      return;
    }
    const account = this.accountOf(attempt);
    account.unsaid.failed(account.epoch, attempt, failure);
    this.#credit.release(attempt, laneOf(attempt));
    this.#forget(attempt);
    this.pool.give(attempt);
  }

  #giveBackTaken(attempt: Attempt): void {
    this.#sayReturned(attempt);
    leaveBatch(attempt);
    this.#credit.release(attempt, laneOf(attempt));
    this.#forget(attempt);
    this.pool.give(attempt);
  }

  #leaveQueue(attempt: Attempt): void {
    this.queues.skip(attempt);
    leaveBatch(attempt);
    this.#credit.release(attempt, laneOf(attempt));
  }

  #discard(now: number, attempt: Attempt, reason: TqError | undefined): void {
    const lane = laneOf(attempt);
    if (attempt.state === "queued") {
      this.#leaveQueue(attempt);
      this.#forget(attempt);
    } else if (attempt.state === "running") {
      this.#abortRun(now, attempt, { reason: reason ?? notWanted, keepsSlot: true });
      this.#credit.release(attempt, lane);
      this.#forget(attempt);
      this.pool.give(attempt);
    } else {
      this.#forget(attempt);
      this.results.remove(attempt, lane);
      this.windows.touch(lane.definition);
    }
  }

  #abortRun(now: number, attempt: Attempt, how: { reason: TqError; keepsSlot: boolean }): void {
    const { slot, run } = attempt;
    this.runs.abort(now, attempt, { mention: this.mention(attempt), keepsSlot: how.keepsSlot });
    this.#port.abort({ slot, run, reason: how.reason });
  }

  /** From now on its id finds nothing here. */
  #forget(attempt: Attempt): void {
    attempt.home?.delete(attempt);
    laneOf(attempt).outlet.owed -= 1;
  }
}

/** The lane of an attempt that is not free. */
export const laneOf = (attempt: Attempt): Lane => {
  if (attempt.batch === undefined) throw new TqError("TQ_ERR_INTERNAL", "an attempt in use has a batch");
  return attempt.batch.lane;
};

const leaveBatch = ({ batch }: Attempt): void => {
  if (batch === undefined) return;
  batch.unstarted -= 1;
  if (batch.unstarted === 0) batch.slab = undefined;
};

const describe = (attempt: Attempt, into: StartedAttempt): void => {
  const { ventilator, epoch, definition } = laneOf(attempt);
  into.isPushed = false;
  into.slot = attempt.slot;
  into.run = attempt.run;
  into.definition = definition;
  into.ventilator = ventilator;
  into.epoch = epoch;
  into.origin = attempt.home?.origin ?? "";
  into.seq = attempt.seq;
  into.attempt = attempt.number;
  into.timeoutMs = attempt.timeoutMs;
  into.traceparent = attempt.traceparent;
  into.slab = attempt.batch?.slab ?? into.slab;
  into.from = attempt.inputFrom;
  into.to = attempt.inputTo;
  into.attachments = attempt.attachments;
  attempt.attachments = undefined;
};

const notWanted = new TqError("TQ_ERR_CANCELLED", "the attempt is not wanted any more");
