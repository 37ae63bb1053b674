/**
 * The push lane of a worker: reads what ventilators push as far as it can keep up, has it run, and passes the outcomes on to
 * the sinks' pipes. At most once: what fails has failed, and nobody is asked again.
 *
 * How far it reads ahead is a window of work as on the credit lane, for all definitions together: what is behind a message
 * cannot be known before it is read. While the window or the outcomes that cannot leave are full, it reads nothing, and the
 * pipes hold up the ventilators.
 */
import { defaultPolicy, type RemoteError, TqError } from "@tq/common";
import { toRemoteError } from "@tq/common/contract";
import { type Session, WindowTuner } from "@tq/common/protocol";
import type { Message, Push, SinkAddress, Welcome } from "@tq/common/wire";
import type { Attempt, AttemptPool } from "./attempt.ts";
import type { Violations } from "./events.ts";
import { coreLimits, defaultLimits, type WorkerLimits } from "./limits.ts";
import { OutcomesOutbox } from "./outcomes-outbox.ts";
import type { StartedAttempt, WorkerCoreOptions, WorkerPort } from "./port.ts";
import { PushBacklog } from "./push-backlog.ts";
import { channelOf, PushSinks } from "./push-sinks.ts";
import { PushSource } from "./push-source.ts";

export interface PushLaneHost {
  readonly options: WorkerCoreOptions;
  readonly port: WorkerPort;
  readonly pool: AttemptPool;
  readonly violations: Violations;
  /** The open session with a ventilator. */
  sessionWith(ventilator: number): Session | undefined;
  /** Whether pushed tasks may be started: not while a ventilator has the worker for itself. */
  mayStart(): boolean;
}

/** Numbers of tasks of the push lane that a worker has. */
export interface PushStats {
  /** Pushed tasks that wait for a slot, that run, and whose outcomes wait for a sink's pipe. */
  readonly waiting: number;
  readonly running: number;
  readonly unsent: number;
}

export class PushLane {
  readonly #host: PushLaneHost;
  readonly #limits: WorkerLimits;
  readonly #backlog: PushBacklog;
  readonly #outbox: OutcomesOutbox;
  readonly #sinks: PushSinks;
  readonly #sources: readonly PushSource[];
  readonly #window: WindowTuner;
  #running = 0;
  /** Tasks that were read and that nothing here handles. */
  #strays = 0;
  /** Since the window was last looked at. */
  #settled = 0;
  #lookedAt = 0;
  #workMs = 0;
  #wasIdle = true;

  constructor(host: PushLaneHost) {
    const { options, port, pool } = host;
    const { slots, definitions, ventilators } = options;
    const limits = { ...defaultLimits, ...options.limits };
    this.#host = host;
    this.#limits = limits;
    this.#backlog = new PushBacklog(ventilators.length, pool);
    const infos = definitions.map(({ name, contract }) =>
      contract === undefined ? { name } : { name, contract },
    );
    const { payloadBytesMax } = limits;
    this.#outbox = new OutcomesOutbox(
      { worker: options.name, definitions: infos, payloadBytesMax },
      {
        isWritable: (sink) => this.#sinks.isWritable(sink),
        send: (sink, message) => port.send(channelOf(sink), message),
      },
    );
    this.#sinks = new PushSinks(port, (sink) => this.#outbox.owes(sink));
    this.#sources = ventilators.map((_, ventilator) => new PushSource(ventilator, port));
    this.#window = new WindowTuner({
      targetMs: coreLimits.windowTargetMs,
      minTasks: slots,
      maxTasks: Math.max(slots, limits.windowTasksMax),
    });
  }

  // ---- what comes in ---------------------------------------------------------------------------------------------

  /** Whether the channel is one of this lane's. */
  knows(channel: string): boolean {
    return this.#sources.some((source) => source.channel === channel);
  }

  receive(now: number, channel: string, message: Message): void {
    const source = this.#sources.find((each) => each.channel === channel);
    if (source === undefined) return;
    if (message.verb === "PUSH") this.#pushed(now, source, message);
    else
      this.#host.violations.add(channel, `a ventilator does not say ${message.verb} in the push lane's pipe`);
  }

  /** The channel's connection stands. */
  opened(channel: string): void {
    this.#sources.find((source) => source.channel === channel)?.due();
  }

  /** A ventilator said where it pushes, and where outcomes go. */
  welcomed(ventilator: number, { bootId, push, sinks }: Welcome): void {
    if (this.#host.options.takesPushed === false) return;
    this.#sinks.learn(ventilator, sinks);
    this.#sources[ventilator]?.welcomed(bootId, push);
  }

  /** A sink said where its end of the push lane is. */
  sinkSaid(address: SinkAddress): void {
    if (this.#host.options.takesPushed !== false) this.#sinks.said(address);
  }

  /** Nothing is on its way from this ventilator any more. */
  detached(ventilator: number): void {
    this.#sources[ventilator]?.close();
  }

  /** A HEARTBEAT leaves: how it stands goes along. */
  heartbeat(ventilator: number): void {
    this.#sources[ventilator]?.due();
  }

  /** The session with this sink is over, and nobody answers. */
  sinkUnreachable(sink: string): void {
    this.#sinks.reconnect(sink);
  }

  // ---- what is run -----------------------------------------------------------------------------------------------

  get hasStartable(): boolean {
    return this.#backlog.tasks > 0 && this.#host.mayStart();
  }

  /** The next one to run, described in `into` but for its slot. What has expired by now is settled so. */
  take(now: number, into: StartedAttempt): Attempt | undefined {
    for (let attempt = this.#take(into); attempt !== undefined; attempt = this.#take(into)) {
      if (attempt.expiresAt > now) {
        this.#running += 1;
        return attempt;
      }
      attempt.durationUs = 0;
      attempt.pushed?.expired(attempt);
      this.#settled += 1;
      this.#host.pool.give(attempt);
    }
    return undefined;
  }

  /** Errors: those of `ValuesEncoder.add`; then it is still to be settled. */
  completed(attempt: Attempt, output: unknown): void {
    attempt.pushed?.completed(attempt, output);
    this.#settle(attempt);
  }

  failed(attempt: Attempt, error: RemoteError): void {
    attempt.pushed?.failed(attempt, error);
    this.#settle(attempt);
  }

  /** It was aborted, and nobody is told. */
  abandoned(attempt: Attempt): void {
    this.#settle(attempt);
  }

  // ---- turns -----------------------------------------------------------------------------------------------------

  flush(now: number): void {
    this.#outbox.flush(now);
    this.#measure(now);
    const isHeld = this.#isFull;
    for (const source of this.#sources) {
      source.hold(isHeld);
      source.say(now, this.#host.sessionWith(source.ventilator), this.isIdle);
    }
  }

  wake(now: number): void {
    this.#sinks.forgetUnnamed();
    const { tasks: unsent } = this.#outbox;
    for (const stuck of this.#outbox.takeStuck(now, coreLimits.pushStuckAfterMs))
      this.#host.port.report({ type: "push.stuck", ...stuck, unsent });
  }

  wakeAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const source of this.#sources) {
      if (this.#host.sessionWith(source.ventilator) !== undefined) at = Math.min(at, source.wakeAt());
    }
    return at;
  }

  /** Reads on until the ventilators have said that nothing comes any more. */
  drain(): void {
    for (const source of this.#sources) {
      source.leave(this.#host.sessionWith(source.ventilator) !== undefined);
    }
  }

  /** Nothing waits or runs, and no outcome waits for a pipe. */
  get isIdle(): boolean {
    return this.#backlog.tasks === 0 && this.#running === 0 && this.#outbox.tasks === 0;
  }

  /** Idle, and nothing can come any more. */
  get isEmpty(): boolean {
    const isOpen = ({ isOpen: open, ventilator }: PushSource) =>
      open && this.#host.sessionWith(ventilator) !== undefined;
    return this.isIdle && !this.#sources.some(isOpen);
  }

  stats(): PushStats {
    return { waiting: this.#backlog.tasks, running: this.#running, unsent: this.#outbox.tasks };
  }

  #pushed(now: number, source: PushSource, message: Push): void {
    const { bootId, definition: info, sink, epoch } = message;
    const { definitions } = this.#host.options;
    const counts = source.countsOf(bootId);
    const tasks = message.values.lengths.length;
    const definition = definitions.findIndex(
      ({ name, contract }) =>
        name === info.name && (info.contract === undefined || info.contract === contract),
    );
    if (definition === -1) {
      counts.strayed(tasks);
      this.#sayStray(info, tasks);
      this.#outbox.failAll(message, toRemoteError(noHandler(info.name, info.contract)));
    } else {
      counts.read(definition, tasks);
      const timeoutMs = definitions[definition]?.policy?.timeoutMs ?? defaultPolicy.timeoutMs;
      const { ventilator } = source;
      const lane = this.#outbox.lane({ ventilator, epoch, definition }, counts, sink);
      this.#backlog.add(now, message, { lane, timeoutMs });
    }
    if (this.#isFull) source.hold(true);
  }

  /** For the first, then for powers of two: a message of them may come a thousand times a second. */
  #sayStray({ name: task, contract }: Push["definition"], tasks: number): void {
    const next = this.#strays + tasks;
    if (Math.clz32(next) !== Math.clz32(this.#strays))
      this.#host.port.report({ type: "push.unhandled", task, contract, count: next });
    this.#strays = next;
  }

  #take(into: StartedAttempt): Attempt | undefined {
    return this.#host.mayStart() ? this.#backlog.take(into) : undefined;
  }

  #settle(attempt: Attempt): void {
    this.#running -= 1;
    this.#settled += 1;
    this.#host.pool.give(attempt);
  }

  get #isFull(): boolean {
    const { windowBytesMax, uncommittedBytesMax } = this.#limits;
    return (
      this.#backlog.tasks >= this.#window.tasks ||
      this.#backlog.bytes >= windowBytesMax ||
      this.#outbox.tasks >= this.#window.tasks ||
      this.#outbox.bytes >= uncommittedBytesMax
    );
  }

  /** On a clock of work, as the windows of the credit lane: a short gap between two messages is no sign of slowness. */
  #measure(now: number): void {
    if (this.#settled === 0) return;
    const passedMs = now - this.#lookedAt;
    this.#workMs += this.#wasIdle ? Math.min(passedMs, coreLimits.idleGapMsMax) : passedMs;
    this.#window.settled(this.#workMs, this.#settled, true);
    this.#settled = 0;
    this.#lookedAt = now;
    this.#wasIdle = this.#backlog.tasks === 0 && this.#running === 0;
  }
}

const noHandler = (task: string, contract: string | undefined): TqError => {
  const version = contract === undefined ? "" : ` of version ${contract}`;
  return new TqError(
    "TQ_ERR_NO_HANDLER",
    `the worker that read the task has no handler for ${task}${version}`,
    {
      details: { task, contract },
    },
  );
};
