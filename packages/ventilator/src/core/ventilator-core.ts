/**
 * The ventilator: owns accepted tasks until they are settled, and hands them out. Pure; a driver runs it.
 *
 * This file only says when each mechanism has its turn: sessions with workers, producers and sinks at the edges; admissions,
 * lifecycle, dispatcher and settlement in the middle; table, queues and schedule as what they share. `mechanisms.ts` makes them.
 */
import type { TqError } from "@tq/common";
import type { TaskEventType, VentilatorState } from "@tq/common/events";
import type { QuestionReply, SubmitEvents, SubmitPort } from "@tq/common/protocol";
import type { Message } from "@tq/common/wire";
import type { ControlReport, ControlRequest } from "./controls.ts";
import { LocalOwner } from "./local-owner.ts";
import { createMechanisms, type Mechanisms } from "./mechanisms.ts";
import type { SinkDoubts } from "./sink-doubts.ts";
import type { VentilatorCoreOptions } from "./ventilator-port.ts";
import { ventilatorState } from "./ventilator-state.ts";
import { countTasks, type VentilatorStats } from "./ventilator-stats.ts";

export type { VentilatorCoreOptions, VentilatorPort } from "./ventilator-port.ts";
export type { VentilatorStats } from "./ventilator-stats.ts";

export class VentilatorCore {
  readonly #options: VentilatorCoreOptions;
  readonly #parts: Mechanisms;
  readonly #locals: LocalOwner[] = [];
  #endpoints: Readonly<Record<string, string>> = {};
  #now: number;

  constructor(options: VentilatorCoreOptions) {
    this.#options = options;
    this.#now = options.now;
    this.#parts = createMechanisms(options, { now: () => this.#now, endpoints: () => this.#endpoints });
  }

  /** Tasks that may be committed in two stores. */
  get doubts(): SinkDoubts {
    return this.#parts.doubts;
  }

  /** Resolved endpoints by role, for peers that come to the wrong one. */
  setEndpoints({ push, ...endpoints }: Readonly<Record<string, string>>): void {
    this.#endpoints = endpoints;
    this.#parts.push.endpoint = push;
  }

  /** Joins a submitter of this process. It comes between the core's turns, so it brings its own clock: spans count from its call. */
  attach(events: SubmitEvents, now: () => number): SubmitPort {
    const owner = new LocalOwner({ admissions: this.#parts.admissions, events, now });
    this.#locals.push(owner);
    return owner;
  }

  receive(now: number, from: { channel: string; route: string | undefined }, message: Message): void {
    this.#now = now;
    if (from.route === undefined) this.#parts.sinks.receive(now, from.channel, message);
    else if (from.channel === "workers") this.#parts.workerSessions.receive(now, from.route, message);
    else this.#parts.producerSessions.receive(now, from.route, message);
  }

  violation(_now: number, from: { channel: string }, reason: string): void {
    this.#parts.violations.count(from.channel, reason);
  }

  opened(now: number, channel: string): void {
    this.#parts.sinks.of(channel)?.client.connected(now);
  }

  /** The pipe has room again. */
  drained(now: number): void {
    this.#now = now;
    this.#parts.push.pump(now);
  }

  flush(now: number): void {
    this.#now = now;
    // First: a cancellation names no attempt, so it would end a new lease of the same task that was sent before it.
    this.#parts.workers.tell(now);
    this.#parts.quarantine.flush(now);
    for (const queue of this.#parts.queues) this.#parts.dispatcher.handOut(now, queue);
    this.#parts.rebalance.flush(now);
    this.#parts.push.flush(now);
    this.#parts.settlement.flush(now);
    this.#reportDoubts();
    this.#parts.retries.flush();
    this.#parts.producerSessions.flush(now);
    for (const owner of this.#locals) owner.flush(this.#room());
    this.#parts.workers.tell(now);
    this.#parts.workerSessions.flush();
    this.#parts.sinks.flush();
    this.#parts.taskEvents.flush();
    this.#parts.journaling?.flush(now);
  }

  /** The journal has all changes up to this number. */
  journaled(now: number, number: number): void {
    this.#now = now;
    this.#parts.journaling?.journaled(number);
  }

  /** There was no room: nothing was written of the changes up to this number that it does not have by now. */
  journalFull(now: number, number: number): void {
    this.#now = now;
    this.#parts.journaling?.full(now, number);
  }

  wake(now: number, lateMs: number): void {
    this.#now = now;
    this.#parts.lifecycle.wake(now);
    this.#parts.journaling?.wake(now);
    this.#parts.workerSessions.wake(now, lateMs);
    this.#parts.producerSessions.wake(now, lateMs);
    this.#parts.sinks.wake(now, lateMs);
    if (this.#parts.moves.wake(now)) this.#parts.handover.unpark();
    this.#parts.controls.wake(now);
    if (this.#parts.unroutable.wake(now)) this.#parts.paused.wake(now);
    this.#parts.push.wake(now);
    this.#parts.marks.wake(now, this.#parts.producerSessions);
    this.#parts.keyTable.wake(now);
  }

  wakeAt(): number {
    return Math.min(
      this.#parts.schedule.nextAt,
      this.#parts.workerSessions.wakeAt(),
      this.#parts.producerSessions.wakeAt(),
      this.#parts.sinks.wakeAt(),
      this.#parts.moves.wakeAt(),
      this.#parts.quarantine.wakeAt(),
      this.#parts.controls.wakeAt(),
      this.#parts.unroutable.wakeAt(),
      this.#parts.push.wakeAt(),
      this.#parts.marks.wakeAt(),
      this.#parts.keyTable.wakeAt(),
      this.#parts.journaling?.wakeAt() ?? Number.POSITIVE_INFINITY,
    );
  }

  /** A command to all workers that match. `done` is called when it is known who has confirmed. Errors: `TQ_ERR_LIMIT`. */
  control(now: number, request: ControlRequest, done: (report: ControlReport) => void): void {
    this.#parts.controls.give(now, request, done);
  }

  /** A question about what is kept here, or a command. `reply` is called once, maybe later. */
  ask(
    now: number,
    question: { readonly method: string; readonly params: unknown },
    reply: (reply: QuestionReply) => void,
  ): void {
    this.#parts.questions.ask(now, question, reply);
  }

  /** Takes nothing new from remote producers. */
  drain(): void {
    this.#parts.admissions.isClosed = true;
  }

  /** Nothing is unsettled, and sinks have said what became of pushed tasks. */
  get isIdle(): boolean {
    return this.#parts.table.tasks === 0 && this.#parts.push.isIdle;
  }

  /** Says goodbye to all. What is unsettled ends with this process; its owners are told. */
  close(now: number, error: TqError): void {
    // What was decided in this turn is still told: a worker would wait for it while it drains.
    this.#parts.workers.tell(now);
    this.#parts.journaling?.pending.close();
    this.#parts.retries.close(error);
    for (const owner of this.#locals) owner.closed(error);
    this.#parts.workerSessions.close(now, error.message);
    this.#parts.producerSessions.close(now, error.message);
    this.#parts.sinks.close(error.message);
  }

  /** Unsettled tasks by id, the first `max` of them. */
  left(max: number): { count: number; ids: string[] } {
    const ids = this.#parts.table.firstUnsettled(max);
    ids.push(...(this.#parts.journaling?.pending.firstIds(max - ids.length) ?? []));
    const pushed = this.#parts.push.left(max - ids.length);
    return { count: this.#parts.table.tasks + pushed.count, ids: [...ids, ...pushed.ids] };
  }

  /** Which steps of tasks are reported from now on. Default: none. */
  watchTasks(types: ReadonlySet<TaskEventType>): void {
    this.#parts.taskEvents.watch(types);
  }

  /** How it stands now, with everything reported that led there. */
  state(): VentilatorState {
    this.#parts.taskEvents.flush();
    return ventilatorState({
      table: this.#parts.table,
      queues: this.#parts.queues,
      workers: this.#parts.workers,
      sinks: this.#parts.sinks.peers,
      producers: this.#parts.producerSessions.peers,
      pauses: this.#parts.controls.pauses,
    });
  }

  stats(): VentilatorStats {
    return {
      workers: this.#parts.workers.size,
      producers: this.#parts.producerSessions.size,
      sinks: this.#parts.sinks.peers.filter(({ client }) => client.session !== undefined).length,
      unsettled: this.#parts.table.tasks,
      unsettledBytes: this.#parts.table.bytes,
      ...countTasks(this.#parts.queues, this.#parts.workers),
      withoutSink: this.#parts.handover.parkedTasks + this.#parts.fullSinks.tasks,
      unroutable: this.#parts.unroutable.list(),
      pauses: this.#parts.controls.pauses,
      paused: this.#parts.paused.list(),
      movedInDoubt: this.doubts.total,
      push: this.#parts.push.stats(),
      violations: this.#parts.violations.total,
      journal: this.#parts.journaling?.stats(),
      deadLetters: this.#parts.letters.stats,
      idempotencyKeys: this.#parts.keyTable.stats,
      resyncs: this.#parts.workerSessions.resyncs + this.#parts.producerSessions.resyncs,
    };
  }

  #room(): { tasks: number; bytes: number } {
    return {
      tasks: Math.max(0, this.#parts.limits.unsettledTasksMax - this.#parts.table.tasks),
      bytes: Math.max(0, this.#parts.limits.unsettledBytesMax - this.#parts.table.bytes),
    };
  }

  #reportDoubts(): void {
    for (const { tasks, doubts } of this.doubts.takeNews()) {
      const ids = doubts.map(({ origin, first, count, sink }) => ({
        origin,
        first,
        last: first + count - 1,
        sink,
      }));
      this.#options.port.report({ type: "tasks.in-doubt", tasks, ids });
    }
  }
}
