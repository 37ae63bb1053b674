/**
 * The worker as a state machine: tasks in, results out, and nothing lost in between. It knows no socket, clock or handler.
 *
 * Whoever runs handlers pulls: `take` gives the next attempt while there is a slot; `completed` and `failed` bring what
 * became of it. So a handler that answers at once costs no queue and no promise, and whoever pulls decides how long to go
 * on before the loop turns. Inputs are handed out encoded. Outputs are taken as values and encoded at once, into the batch
 * that they leave in (`results-outbox.ts`): a second buffer per task is not needed.
 */
import type { TqError } from "@tq/common";
import type { AttemptFailure } from "@tq/common/contract";
import { silenceLimitMs } from "@tq/common/protocol";
import type { Message } from "@tq/common/wire";
import { Account } from "./account.ts";
import type { Attempt, AttemptPool } from "./attempt.ts";
import { type LeftAttempt, Violations } from "./events.ts";
import { Holdings, type Totals } from "./holdings.ts";
import { LeaseIntake } from "./lease-intake.ts";
import { defaultLimits } from "./limits.ts";
import type { LinkContext } from "./link-context.ts";
import type { StartedAttempt, WorkerCoreOptions, WorkerPort } from "./port.ts";
import { ProgressOutbox } from "./progress-outbox.ts";
import { PushLane, type PushStats } from "./push-lane.ts";
import { Reservations } from "./reservations.ts";
import type { RunTicket } from "./runs.ts";
import type { SinkLink } from "./sink-link.ts";
import { Sinks } from "./sinks.ts";
import { VentilatorLink } from "./ventilator-link.ts";

export interface WorkerCoreStats extends Totals {
  readonly slots: number;
  readonly running: number;
  readonly queued: number;
  /** Results that wait for their commit, and their bytes. */
  readonly uncommitted: number;
  readonly uncommittedBytes: number;
  /** Handlers that run on although their signal was aborted. */
  readonly aborted: number;
  readonly push: PushStats;
  readonly violations: number;
  readonly ventilators: readonly {
    readonly channel: string;
    readonly isJoined: boolean;
    readonly held: number;
  }[];
  readonly sinks: readonly { readonly id: string; readonly isJoined: boolean; readonly owed: number }[];
}

export class WorkerCore {
  readonly #options: WorkerCoreOptions;
  readonly #port: WorkerPort;
  readonly #holdings: Holdings;
  readonly #violations: Violations;
  readonly #progress: ProgressOutbox;
  readonly #reservations: Reservations;
  readonly #sinks: Sinks;
  readonly #ventilators: readonly VentilatorLink[];
  #isDraining = false;
  #isStopped = false;

  constructor(options: WorkerCoreOptions, port: WorkerPort) {
    const limits = { ...defaultLimits, ...options.limits };
    const { payloadBytesMax } = limits;
    const accounts = options.ventilators.map((_, ventilator): Account => {
      const session = () => this.#ventilators[ventilator]?.session;
      return new Account({ ventilator, session, payloadBytesMax });
    });
    this.#options = options;
    this.#port = port;
    this.#violations = new Violations((event) => port.report(event));
    this.#holdings = new Holdings(options, port, {
      accounts,
      push: (pool) => this.#createPushLane(port, pool),
    });
    this.#progress = new ProgressOutbox(payloadBytesMax);
    const { name, definitions, slots, tags = [] } = options;
    const context: LinkContext = {
      options,
      port,
      holdings: this.#holdings,
      violations: this.#violations,
      hello: () => ({ role: "worker", name, definitions, slots, tags }),
    };
    this.#sinks = new Sinks(context);
    this.#reservations = this.#createReservations();
    const forVentilators = {
      ...context,
      sinks: this.#sinks,
      intake: new LeaseIntake(this.#holdings, definitions),
      reservations: this.#reservations,
      isDraining: () => this.#isDraining,
      drain: () => this.drain(),
    };
    this.#ventilators = accounts.map((account, index) => {
      const channel = options.ventilators[index] ?? "";
      return new VentilatorLink(options.now, forVentilators, { channel, account });
    });
  }

  // ---- what the driver calls -------------------------------------------------------------------------------------

  receive(now: number, from: { readonly channel: string }, message: Message): void {
    if (this.#holdings.push.knows(from.channel)) this.#holdings.push.receive(now, from.channel, message);
    else this.#linkOf(from.channel)?.receive(now, message);
  }

  violation(now: number, from: { readonly channel: string }, reason: string): void {
    this.#violations.add(from.channel, reason);
    this.#linkOf(from.channel)?.distrust(now);
  }

  /** The channel's connection stands, for the first time or anew. */
  opened(now: number, channel: string): void {
    if (this.#holdings.push.knows(channel)) this.#holdings.push.opened(channel);
    else this.#linkOf(channel)?.connected(now);
  }

  /** Call after every `take` that can be had: what has settled meanwhile leaves together. */
  flush(now: number): void {
    if (this.#isStopped) return;
    this.#holdings.failures.tick(now);
    this.#progress.flush(this.#holdings.accounts);
    this.#holdings.results.flush(now);
    this.#sinks.refreshShares();
    // Before what was given back, so that it is not sent here again.
    for (const link of this.#ventilators) link.tellFull();
    for (const link of this.#ventilators) link.say(now);
    this.#holdings.push.flush(now);
    // Behind what was given back: so whoever hears RESERVED knows that nothing of its own is here but results.
    this.#sayReserved(now);
    this.#grant(now);
    for (const link of this.#links()) link.flush();
  }

  wake(now: number, lateMs: number): void {
    if (this.#isStopped) return;
    this.#holdings.timeOut(now);
    this.#holdings.reportUnheeded(now);
    this.#sinks.forgetUnnamed();
    this.#reservations.wake(now);
    this.#holdings.push.wake(now);
    // Before the heartbeats: of whatever they do not list any more it must have been said what became of it.
    for (const link of this.#ventilators) link.say(now);
    for (const link of this.#links()) link.wake(now, lateMs);
  }

  wakeAt(): number {
    if (this.#isStopped) return Number.POSITIVE_INFINITY;
    const { runs, push } = this.#holdings;
    let at = Math.min(runs.wakeAt(), push.wakeAt(), this.#reservations.wakeAt());
    for (const link of this.#links()) at = Math.min(at, link.wakeAt());
    return at;
  }

  // ---- what runs the handlers ------------------------------------------------------------------------------------

  /** Whether `take` would give an attempt. */
  get hasStartable(): boolean {
    return this.#holdings.hasStartable && !this.#isStopped;
  }

  /** The next attempt to run, described in `into`. False if none waits or no slot is free. */
  take(now: number, into: StartedAttempt): boolean {
    return this.hasStartable && this.#holdings.start(now, into);
  }

  /**
   * The handler gave this output. One that cannot be encoded fails the attempt for good. Dropped if the attempt was aborted
   * or has timed out.
   */
  completed(ticket: RunTicket, output: unknown, durationUs: number): void {
    this.#holdings.complete(ticket, output, durationUs);
  }

  /** The handler threw, or could not be called. */
  failed(ticket: RunTicket, failure: AttemptFailure): void {
    this.#holdings.fail(ticket, failure);
  }

  /** Errors: `TQ_ERR_UNENCODABLE`, `TQ_ERR_PAYLOAD_TOO_LARGE`. */
  progress(ticket: RunTicket, value: unknown): void {
    const attempt = this.#holdings.runs.find(ticket);
    // On the push lane nobody listens.
    if (attempt !== undefined && attempt.pushed === undefined) this.#progress.add(attempt, value);
  }

  // ---- lifecycle -------------------------------------------------------------------------------------------------

  /** Takes nothing new, gives back what has not started. What runs goes on, and its results are still committed. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#giveBackQueued();
    this.#reservations.close();
    this.#holdings.push.drain();
  }

  /** Nothing waits, runs, is uncommitted, or is still to be said to a ventilator that is there. */
  get isEmpty(): boolean {
    const { accounts, push } = this.#holdings;
    const isSettled = ({ attempts, unsaid, session }: Account): boolean =>
      attempts.count === 0 && (unsaid.isEmpty || session === undefined);
    return push.isEmpty && accounts.every(isSettled);
  }

  /** Every ventilator has refused this worker: there is nothing to wait for. */
  get isRefused(): boolean {
    return this.#ventilators.every(({ isRefused }) => isRefused);
  }

  /** Says good-bye at once: aborts what runs, gives everything back, and says what that was. Harmless twice. */
  stop(now: number, reason: TqError): readonly LeftAttempt[] {
    if (this.#isStopped) return [];
    this.#isDraining = true;
    const left = this.#held().map((attempt) => this.#holdings.leave(now, attempt, reason));
    const pushed = this.#holdings.abandonPushed(now, reason);
    this.flush(now);
    const { waiting, unsent } = this.#holdings.push.stats();
    if (waiting + pushed + unsent > 0) {
      this.#port.report({ type: "push.left", waiting, running: pushed, unsent });
    }
    this.#isStopped = true;
    for (const link of this.#links()) link.close(reason.message);
    return left;
  }

  stats(): WorkerCoreStats {
    const { runs, queues, results, totals, push } = this.#holdings;
    return {
      ...totals,
      slots: this.#options.slots,
      running: runs.count,
      queued: queues.count,
      uncommitted: results.tasks,
      uncommittedBytes: results.bytes,
      aborted: runs.abortedCount,
      push: push.stats(),
      violations: this.#violations.count,
      ventilators: this.#ventilators.map(({ channel, session, account }) => ({
        channel,
        isJoined: session !== undefined,
        held: account.attempts.count,
      })),
      sinks: [...this.#sinks.all].map(({ id, session, owed }) => ({
        id,
        isJoined: session !== undefined,
        owed,
      })),
    };
  }

  #grant(now: number): void {
    if (this.#isDraining) return;
    const joined = this.#ventilators.filter(
      ({ session, account }) => session !== undefined && this.#reservations.takes(account.ventilator),
    );
    if (joined.length === 0) return;
    const books = joined.map(({ account }) => account.grants);
    const isPaused = (index: number, definition: number) => joined[index]?.isPaused(definition) === true;
    const news = this.#holdings.windows.refill(now, books, isPaused);
    for (const [index, definitions] of news.entries()) {
      if (definitions.length > 0) joined[index]?.grant(definitions);
    }
  }

  #sayReserved(now: number): void {
    const claim = this.#reservations.takeGranted();
    if (claim === undefined) return;
    const { ventilator, reservation } = claim;
    this.#ventilators[ventilator]?.session?.send(now, { verb: "RESERVED", reservation });
  }

  #giveBackQueued(): void {
    for (const attempt of this.#held()) {
      if (attempt.state === "queued") this.#holdings.giveBack(attempt);
    }
  }

  #createPushLane(port: WorkerPort, pool: AttemptPool): PushLane {
    return new PushLane({
      options: this.#options,
      port,
      pool,
      violations: this.#violations,
      sessionWith: (ventilator) => this.#ventilators[ventilator]?.session,
      mayStart: () => this.#reservations.isFree,
    });
  }

  #createReservations(): Reservations {
    const { runs, windows } = this.#holdings;
    const host = {
      isQuiet: () => runs.isQuiet,
      giveBackQueued: () => this.#giveBackQueued(),
      changed: () => windows.touchAll(),
      isThere: (ventilator: number) => this.#ventilators[ventilator]?.session !== undefined,
    };
    return new Reservations(host, silenceLimitMs(this.#options.timing));
  }

  #held(): Attempt[] {
    return this.#holdings.accounts.flatMap(({ attempts }) => attempts.all());
  }

  #links(): (VentilatorLink | SinkLink)[] {
    return [...this.#ventilators, ...this.#sinks.all];
  }

  #linkOf(channel: string): VentilatorLink | SinkLink | undefined {
    return this.#links().find((link) => link.channel === channel);
  }
}
