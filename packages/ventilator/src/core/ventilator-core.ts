/**
 * The ventilator: owns accepted tasks until they are settled, and hands them out. Pure; a driver runs it.
 *
 * This file only joins the mechanisms: sessions with workers, producers and sinks at the edges; admissions, lifecycle,
 * dispatcher and settlement in the middle; table, queues and schedule as what they share.
 */
import type { TqError } from "@tq/common";
import type { TaskEventType, VentilatorState } from "@tq/common/events";
import type { Refusal, SubmitEvents, SubmitPort } from "@tq/common/protocol";
import type { Hello, Message, Origin, SinkAddress } from "@tq/common/wire";
import { Admissions } from "./admissions.ts";
import { AttemptErrors } from "./attempt-errors.ts";
import { type ControlReport, type ControlRequest, Controls } from "./controls.ts";
import { DefinitionQueues } from "./definition-queues.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { VentilatorEvent } from "./events.ts";
import { Handover } from "./handover.ts";
import { defaultVentilatorLimits, type VentilatorLimits } from "./limits.ts";
import { LocalOwner } from "./local-owner.ts";
import { PausedWatch } from "./paused-watch.ts";
import { ProducerSessions } from "./producer-sessions.ts";
import { PushLane } from "./push-lane.ts";
import { Quarantine } from "./quarantine.ts";
import { Rebalance } from "./rebalance.ts";
import { Schedule } from "./schedule.ts";
import { Settlement } from "./settlement.ts";
import { SinkDoubts } from "./sink-doubts.ts";
import { SinkMoves } from "./sink-moves.ts";
import { SinkAssignment } from "./sink-peers.ts";
import { type SinkSessionParts, SinkSessions } from "./sink-sessions.ts";
import { TaskEvents } from "./task-events.ts";
import { TaskLifecycle } from "./task-lifecycle.ts";
import { TaskTable } from "./task-table.ts";
import { UnroutableWatch } from "./unroutable-watch.ts";
import type { VentilatorCoreOptions } from "./ventilator-port.ts";
import { ventilatorState } from "./ventilator-state.ts";
import { countTasks, type VentilatorStats } from "./ventilator-stats.ts";
import { ViolationCounter } from "./violation-counter.ts";
import { WorkerMessages } from "./worker-messages.ts";
import { WorkerReservations } from "./worker-reservations.ts";
import { WorkerSessions } from "./worker-sessions.ts";
import { Workers } from "./workers.ts";

export type { VentilatorCoreOptions, VentilatorPort } from "./ventilator-port.ts";
export type { VentilatorStats } from "./ventilator-stats.ts";

/** Low marks are told to sinks this often. */
const lowMarkIntervalMs = 1_000;

export class VentilatorCore {
  /** Tasks that may be committed in two stores. */
  readonly doubts = new SinkDoubts(() => this.#now);
  readonly #options: VentilatorCoreOptions;
  readonly #limits: VentilatorLimits;
  readonly #taskEvents: TaskEvents;
  readonly #table = new TaskTable();
  readonly #queues = new DefinitionQueues();
  readonly #schedule = new Schedule();
  readonly #workers = new Workers();
  readonly #sinks: SinkSessions;
  readonly #moves: SinkMoves;
  readonly #settlement: Settlement;
  readonly #lifecycle: TaskLifecycle;
  readonly #handover: Handover;
  readonly #dispatcher: Dispatcher;
  readonly #quarantine: Quarantine;
  readonly #messages: WorkerMessages;
  readonly #admissions: Admissions;
  readonly #workerSessions: WorkerSessions;
  readonly #producerSessions: ProducerSessions;
  readonly #push: PushLane;
  readonly #rebalance: Rebalance;
  readonly #unroutable: UnroutableWatch;
  readonly #paused: PausedWatch;
  readonly #controls: Controls;
  readonly #violations: ViolationCounter;
  readonly #locals: LocalOwner[] = [];
  #endpoints: Readonly<Record<string, string>> = {};
  #lowMarksAt: number;
  #now: number;

  constructor(options: VentilatorCoreOptions) {
    const { now, identity, port } = options;
    this.#options = options;
    this.#limits = { ...defaultVentilatorLimits, ...options.limits };
    this.#now = now;
    this.#lowMarksAt = now + lowMarkIntervalMs;
    this.#taskEvents = new TaskEvents((steps) => port.reportTasks?.(steps));
    const report = (event: VentilatorEvent): void => {
      this.#taskEvents.flush();
      port.report(event);
    };
    this.#violations = new ViolationCounter(report);
    const violated = (channel: string, reason: string): void => this.#violations.count(channel, reason);
    const shared = {
      limits: this.#limits,
      epoch: identity.epoch,
      table: this.#table,
      queues: this.#queues,
      schedule: this.#schedule,
      workers: this.#workers,
      taskEvents: this.#taskEvents,
      errors: new AttemptErrors(),
      report,
      violated,
      random: () => port.random(),
    };
    this.#sinks = this.#createSinks({ report, violated });
    const { doubts } = this;
    const assignment = new SinkAssignment(this.#sinks.peers, doubts);
    this.#settlement = new Settlement({ ...shared, assignment });
    const settling = { ...shared, assignment, doubts, settlement: this.#settlement };
    this.#lifecycle = new TaskLifecycle(settling);
    const living = { ...settling, lifecycle: this.#lifecycle, sinks: this.#sinks };
    this.#handover = new Handover(living);
    const handing = { ...living, handover: this.#handover };
    const reservations = new WorkerReservations();
    this.#dispatcher = new Dispatcher(handing);
    this.#quarantine = new Quarantine({ ...handing, reservations });
    this.#messages = new WorkerMessages(living);
    const { heartbeatMs } = options.timing;
    this.#push = new PushLane({ ...living, now, identity, port, heartbeatMs });
    const push = this.#push;
    this.#admissions = new Admissions({ ...living, push, hasSinks: options.sinks.length > 0 });
    this.#moves = new SinkMoves(living);
    this.#rebalance = new Rebalance(shared);
    const watching = { ...shared, afterMs: this.#limits.unroutableAfterMs };
    this.#unroutable = new UnroutableWatch(watching);
    this.#paused = new PausedWatch(watching);
    this.#controls = new Controls(shared);
    const refuse = (hello: Hello): Refusal => this.#refusal(hello);
    const edge = {
      ...living,
      timing: options.timing,
      messages: this.#messages,
      push,
      admissions: this.#admissions,
      reservations,
      controls: this.#controls,
      refuse,
    };
    const addresses = (): readonly SinkAddress[] => this.#sinks.addresses;
    this.#workerSessions = new WorkerSessions({ ...edge, sinks: addresses }, this.#server("workers"));
    const closeOrigins = (at: number, origins: readonly Origin[]): void => this.#closeOrigins(at, origins);
    this.#producerSessions = new ProducerSessions({ ...edge, closeOrigins }, this.#server("producers"));
  }

  /** Resolved endpoints by role, for peers that come to the wrong one. */
  setEndpoints({ push, ...endpoints }: Readonly<Record<string, string>>): void {
    this.#endpoints = endpoints;
    this.#push.endpoint = push;
  }

  /** Joins a submitter of this process. */
  attach(events: SubmitEvents): SubmitPort {
    const owner = new LocalOwner({ admissions: this.#admissions, events, now: () => this.#now });
    this.#locals.push(owner);
    return owner;
  }

  receive(now: number, from: { channel: string; route: string | undefined }, message: Message): void {
    this.#now = now;
    if (from.route === undefined) this.#sinks.receive(now, from.channel, message);
    else if (from.channel === "workers") this.#workerSessions.receive(now, from.route, message);
    else this.#producerSessions.receive(now, from.route, message);
  }

  violation(_now: number, from: { channel: string }, reason: string): void {
    this.#violations.count(from.channel, reason);
  }

  opened(now: number, channel: string): void {
    this.#sinks.of(channel)?.client.connected(now);
  }

  /** The pipe has room again. */
  drained(now: number): void {
    this.#now = now;
    this.#push.pump(now);
  }

  flush(now: number): void {
    this.#now = now;
    // First: a cancellation names no attempt, so it would end a new lease of the same task that was sent before it.
    this.#workers.tell(now);
    this.#quarantine.flush(now);
    for (const queue of this.#queues) this.#dispatcher.handOut(now, queue);
    this.#rebalance.flush(now);
    this.#push.flush(now);
    this.#settlement.flush(now);
    this.#producerSessions.flush(now);
    this.#reportDoubts();
    for (const owner of this.#locals) owner.flush(this.#room());
    this.#workers.tell(now);
    this.#workerSessions.flush();
    this.#sinks.flush();
    this.#taskEvents.flush();
  }

  wake(now: number, lateMs: number): void {
    this.#now = now;
    this.#lifecycle.wake(now);
    this.#workerSessions.wake(now, lateMs);
    this.#producerSessions.wake(now, lateMs);
    this.#sinks.wake(now, lateMs);
    if (this.#moves.wake(now)) this.#handover.unpark();
    this.#controls.wake(now);
    if (this.#unroutable.wake(now)) this.#paused.wake(now);
    this.#push.wake(now);
    if (now >= this.#lowMarksAt) this.#tellLowMarks(now);
  }

  wakeAt(): number {
    return Math.min(
      this.#schedule.nextAt,
      this.#workerSessions.wakeAt(),
      this.#producerSessions.wakeAt(),
      this.#sinks.wakeAt(),
      this.#moves.wakeAt(),
      this.#quarantine.wakeAt(),
      this.#controls.wakeAt(),
      this.#unroutable.wakeAt(),
      this.#push.wakeAt(),
      this.#lowMarksAt,
    );
  }

  /** A command to all workers that match. `done` is called when it is known who has confirmed. Errors: `TQ_ERR_LIMIT`. */
  control(now: number, request: ControlRequest, done: (report: ControlReport) => void): void {
    this.#controls.give(now, request, done);
  }

  /** Takes nothing new from remote producers. */
  drain(): void {
    this.#admissions.isClosed = true;
  }

  /** Nothing is unsettled, and sinks have said what became of pushed tasks. */
  get isIdle(): boolean {
    return this.#table.tasks === 0 && this.#push.isIdle;
  }

  /** Says goodbye to all. What is unsettled ends with this process; its owners are told. */
  close(now: number, error: TqError): void {
    // What was decided in this turn is still told: a worker would wait for it while it drains.
    this.#workers.tell(now);
    for (const owner of this.#locals) owner.closed(error);
    this.#workerSessions.close(now, error.message);
    this.#producerSessions.close(now, error.message);
    this.#sinks.close(error.message);
  }

  /** Unsettled tasks by id, the first `max` of them. */
  left(max: number): { count: number; ids: string[] } {
    const ids = this.#table.firstUnsettled(max);
    const pushed = this.#push.left(max - ids.length);
    return { count: this.#table.tasks + pushed.count, ids: [...ids, ...pushed.ids] };
  }

  /** Which steps of tasks are reported from now on. Default: none. */
  watchTasks(types: ReadonlySet<TaskEventType>): void {
    this.#taskEvents.watch(types);
  }

  /** How it stands now, with everything reported that led there. */
  state(): VentilatorState {
    this.#taskEvents.flush();
    return ventilatorState({
      table: this.#table,
      queues: this.#queues,
      workers: this.#workers,
      sinks: this.#sinks.peers,
      producers: this.#producerSessions.peers,
      pauses: this.#controls.pauses,
    });
  }

  stats(): VentilatorStats {
    return {
      workers: this.#workers.size,
      producers: this.#producerSessions.size,
      sinks: this.#sinks.peers.filter(({ client }) => client.session !== undefined).length,
      unsettled: this.#table.tasks,
      unsettledBytes: this.#table.bytes,
      ...countTasks(this.#queues, this.#workers),
      withoutSink: this.#handover.parkedTasks,
      unroutable: this.#unroutable.list(),
      pauses: this.#controls.pauses,
      paused: this.#paused.list(),
      movedInDoubt: this.doubts.total,
      push: this.#push.stats(),
      violations: this.#violations.total,
      resyncs: this.#workerSessions.resyncs + this.#producerSessions.resyncs,
    };
  }

  /** What the session servers of both bound channels have in common. */
  #server(channel: "workers" | "producers") {
    const { identity, firstSession, port } = this.#options;
    const transmit = (route: string, message: Message): void => port.send(channel, route, message);
    return { identity, firstSession, transmit };
  }

  #room(): { tasks: number; bytes: number } {
    return {
      tasks: Math.max(0, this.#limits.unsettledTasksMax - this.#table.tasks),
      bytes: Math.max(0, this.#limits.unsettledBytesMax - this.#table.bytes),
    };
  }

  /** Called for a peer that came to the wrong endpoint. */
  #refusal(hello: Hello): Refusal {
    const endpoint = this.#rightEndpoint(hello);
    const where =
      endpoint === undefined ? "this ventilator has no endpoint for it" : `${endpoint} is the right one`;
    const message = `a ${hello.role} said HELLO at the wrong endpoint; ${where}`;
    this.#options.port.report({
      type: "peer.refused",
      peer: hello.name,
      code: "TQ_ERR_WRONG_ENDPOINT",
      message,
    });
    return { code: "TQ_ERR_WRONG_ENDPOINT", message, ...(endpoint === undefined ? {} : { endpoint }) };
  }

  #rightEndpoint({ role, to }: Hello): string | undefined {
    if (role === "ventilator" || to === "sink") return this.#options.sinks[0];
    return this.#endpoints[`${role}s`];
  }

  #closeOrigins(now: number, origins: readonly Origin[]): void {
    const isSinkBound = (origin: Origin): boolean =>
      this.#table.isSinkBound(origin) || this.#push.has(origin);
    const isWholeHere = (origin: Origin): boolean => this.#table.isWholeHere(origin);
    this.#sinks.tellClosed(now, origins.filter(isSinkBound).filter(isWholeHere));
    for (const origin of origins) {
      this.#push.forget(origin);
      this.#table.forget(origin);
    }
  }

  #tellLowMarks(now: number): void {
    this.#lowMarksAt = now + lowMarkIntervalMs;
    const table = this.#table;
    const sinkBound = [...table.origins].filter(
      (origin) => table.isSinkBound(origin) && table.isWholeHere(origin) && !this.#push.has(origin),
    );
    this.#sinks.tellLowMarks(
      now,
      sinkBound.map((origin) => [origin, table.lowMark(origin)] as const),
    );
  }

  #reportDoubts(): void {
    const news = this.doubts.takeNews();
    if (news === undefined) return;
    const ids = news.doubts.map(({ origin, first, count, sink }) => ({
      origin,
      first,
      last: first + count - 1,
      sink,
    }));
    this.#options.port.report({ type: "tasks.in-doubt", tasks: news.tasks, ids });
  }

  #createSinks(parts: Pick<SinkSessionParts, "report" | "violated">): SinkSessions {
    const { now, sinks, timing, port, identity } = this.#options;
    return new SinkSessions(now, sinks, {
      ...parts,
      timing,
      hello: () => ({
        role: "ventilator",
        to: "sink",
        name: identity.name,
        definitions: [],
        slots: 0,
        tags: [],
        endpoints: this.#endpoints,
      }),
      transmit: (channel, message) => port.send(channel, undefined, message),
      drawBootId: port.drawBootId,
      joined: () => this.#handover.unpark(),
      push: () => this.#push,
      lost: (sink) => this.#settlement.sinkLost(sink),
      committed: (sink, message) => {
        this.#messages.done(undefined, message);
        this.#settlement.sinkConfirmed(sink);
      },
    });
  }
}
