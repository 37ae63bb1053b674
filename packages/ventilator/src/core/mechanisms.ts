/** Makes the mechanisms of a ventilator and joins them: each is given those that it may know. */
import type { Refusal } from "@tq/common/protocol";
import type { Hello, Message, Origin } from "@tq/common/wire";
import { Admissions } from "./admissions.ts";
import { AttemptErrors } from "./attempt-errors.ts";
import { Controls } from "./controls.ts";
import { DeadLetters } from "./dead-letters/dead-letters.ts";
import { letterQuestions } from "./dead-letters/letter-questions.ts";
import { LetterRetries } from "./dead-letters/letter-retries.ts";
import { DefinitionQueues } from "./definition-queues.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { VentilatorEvent } from "./events.ts";
import { FullSinks } from "./full-sinks.ts";
import { Handover } from "./handover.ts";
import { IdempotencyKeys } from "./idempotency/idempotency-keys.ts";
import { KeyTable } from "./idempotency/key-table.ts";
import type { JournalContents } from "./journal/journal-port.ts";
import { JournalWriter } from "./journal/journal-writer.ts";
import { Journaling } from "./journal/journaling.ts";
import { defaultVentilatorLimits } from "./limits.ts";
import { OriginMarks } from "./origin-marks.ts";
import type { Owner } from "./owner.ts";
import { PausedWatch } from "./paused-watch.ts";
import { ProducerSessions } from "./producer-sessions.ts";
import { PushLane } from "./push-lane.ts";
import { Quarantine } from "./quarantine.ts";
import { Questions } from "./questions.ts";
import { Rebalance } from "./rebalance.ts";
import { Schedule } from "./schedule.ts";
import { Settlement } from "./settlement.ts";
import { SinkDoubts } from "./sink-doubts.ts";
import { SinkMoves } from "./sink-moves.ts";
import { SinkAssignment } from "./sink-peers.ts";
import { SinkSessions } from "./sink-sessions.ts";
import { taskState } from "./task-batch.ts";
import { TaskEnds } from "./task-ends.ts";
import { TaskEvents } from "./task-events.ts";
import { TaskLifecycle } from "./task-lifecycle.ts";
import { TaskTable } from "./task-table.ts";
import { UnroutableWatch } from "./unroutable-watch.ts";
import type { VentilatorCoreOptions } from "./ventilator-port.ts";
import { ViolationCounter } from "./violation-counter.ts";
import { WorkerMessages } from "./worker-messages.ts";
import { WorkerReservations } from "./worker-reservations.ts";
import { WorkerSessions } from "./worker-sessions.ts";
import { Workers } from "./workers.ts";
import { refusalOf } from "./wrong-endpoint.ts";

/** What changes while the core runs. */
export interface CoreContext {
  readonly now: () => number;
  /** Where it is bound, by role, resolved. */
  readonly endpoints: () => Readonly<Record<string, string>>;
}

export type Mechanisms = ReturnType<typeof createMechanisms>;

export function createMechanisms(options: VentilatorCoreOptions, context: CoreContext) {
  const shared = createShared(options, context);
  const inner = { ...shared, ...createInner(options, context, shared) };
  const edges = { ...inner, ...createEdges(options, context, inner) };
  const { marks, producerSessions } = edges;
  if (options.journal !== undefined) {
    edges.journaling?.replay(options.now, options.journal, {
      producerOf: (bootId, about): Owner => producerSessions.restore(options.now, bootId, about),
      closeOrigins: (origins) => marks.close(origins),
    });
    restoreEnds(edges, options.now, options.journal);
  }
  return edges;
}

/** Keys and dead letters of an earlier start; its batches are in the table by now. */
function restoreEnds(
  { table, keys, keyTable, letters }: ReturnType<typeof createShared>,
  now: number,
  contents: JournalContents,
): void {
  for (const batch of table.unsettledBatches()) {
    if (batch.options.key !== undefined)
      keys.restore(batch, (index) => batch.state[index] === taskState.settled);
  }
  keyTable.restore(now, contents.keys);
  letters.restore(contents.deadLetters);
}

/** What nearly all of them know. */
function createShared({ limits, identity, port, journal }: VentilatorCoreOptions, { now }: CoreContext) {
  const taskEvents = new TaskEvents((steps) => port.reportTasks?.(steps));
  const report = (event: VentilatorEvent): void => {
    taskEvents.flush();
    port.report(event);
  };
  const violations = new ViolationCounter(report);
  const writer = port.journal && new JournalWriter(journal, { port: port.journal, report });
  const doubts = new SinkDoubts(now);
  doubts.restore(journal?.doubts ?? []);
  doubts.listener = writer && {
    kept: (doubt) => writer.keepDoubt(doubt),
    forgotten: (number) => writer.removeDoubt(number),
  };
  const table = new TaskTable();
  const allLimits = { ...defaultVentilatorLimits, ...limits };
  const keyTable = new KeyTable({ settledMax: allLimits.idempotencyKeysMax, recorder: writer });
  const keys = new IdempotencyKeys({ keys: keyTable, table, journal: writer });
  const letters = new DeadLetters({ limits: allLimits, report, recorder: writer });
  return {
    limits: allLimits,
    epoch: identity.epoch,
    table,
    keyTable,
    keys,
    letters,
    ends: new TaskEnds({ keys, letters, now }),
    queues: new DefinitionQueues(),
    schedule: new Schedule(),
    workers: new Workers(),
    taskEvents,
    errors: new AttemptErrors(),
    doubts,
    journal: writer,
    report,
    violations,
    violated: (channel: string, reason: string): void => violations.count(channel, reason),
    random: () => port.random(),
  };
}

/** What decides about tasks, and the sessions with sinks, which have a say in it. */
function createInner(
  options: VentilatorCoreOptions,
  context: CoreContext,
  shared: ReturnType<typeof createShared>,
) {
  const { now, identity, port } = options;
  const sinks: SinkSessions = new SinkSessions(now, options.sinks, {
    ...shared,
    timing: options.timing,
    hello: () => ({
      role: "ventilator",
      to: "sink",
      name: identity.name,
      definitions: [],
      slots: 0,
      tags: [],
      endpoints: context.endpoints(),
    }),
    transmit: (channel, message) => port.send(channel, undefined, message),
    drawBootId: port.drawBootId,
    joined: () => handover.unpark(),
    push: () => push,
    lost: (sink) => settlement.sinkLost(sink),
    committed: (sink, message) => {
      messages.done(undefined, message);
      settlement.sinkConfirmed(sink);
    },
  });
  const assignment = new SinkAssignment(sinks.peers, { ...shared, decided: () => handover.unpark() });
  const settlement: Settlement = new Settlement({ ...shared, assignment });
  const lifecycle = new TaskLifecycle({ ...shared, settlement });
  const living = { ...shared, sinks, assignment, settlement, lifecycle };
  const handover: Handover = new Handover(living);
  const fullSinks = new FullSinks(living);
  const messages: WorkerMessages = new WorkerMessages(living);
  const push: PushLane = new PushLane({
    ...living,
    now,
    identity,
    port,
    heartbeatMs: options.timing.heartbeatMs,
  });
  const { journal } = shared;
  const journaling = journal && new Journaling({ ...living, journal });
  const admitting = { ...living, push, pending: journaling?.pending, hasSinks: options.sinks.length > 0 };
  const admissions = new Admissions(admitting);
  const retries = new LetterRetries({ ...living, admissions, drawOrigin: port.drawBootId });
  const reservations = new WorkerReservations();
  const watching = { ...shared, afterMs: shared.limits.unroutableAfterMs };
  return {
    ...living,
    handover,
    fullSinks,
    messages,
    push,
    journaling,
    marks: new OriginMarks({ ...living, push, now: context.now }),
    admissions,
    retries,
    questions: new Questions(letterQuestions({ ...living, retries })),
    dispatcher: new Dispatcher({ ...living, handover, fullSinks }),
    reservations,
    quarantine: new Quarantine({ ...living, handover, reservations }),
    moves: new SinkMoves(living),
    rebalance: new Rebalance(shared),
    unroutable: new UnroutableWatch(watching),
    paused: new PausedWatch(watching),
    controls: new Controls(shared),
  };
}

/** The sessions with workers and producers. */
function createEdges(
  options: VentilatorCoreOptions,
  { endpoints }: CoreContext,
  inner: ReturnType<typeof createInner>,
) {
  const { timing, identity, firstSession, port } = options;
  const refuse = (hello: Hello): Refusal => {
    const refusal = refusalOf(hello, { ...endpoints(), sinks: options.sinks[0] });
    port.report({ type: "peer.refused", peer: hello.name, code: refusal.code, message: refusal.message });
    return refusal;
  };
  const server = (channel: "workers" | "producers") => ({
    identity,
    firstSession,
    transmit: (route: string, message: Message): void => port.send(channel, route, message),
  });
  const { sinks, marks } = inner;
  const parts = { ...inner, timing, refuse };
  const closeOrigins = (origins: readonly Origin[]): void => marks.close(origins);
  return {
    workerSessions: new WorkerSessions({ ...parts, sinks: () => sinks.addresses }, server("workers")),
    producerSessions: new ProducerSessions({ ...parts, closeOrigins }, server("producers")),
  };
}
