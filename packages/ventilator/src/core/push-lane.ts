/**
 * The push lane: takes tasks that are delivered at most once, puts them into the pipe that the workers read, and gets the last
 * word of the sinks on what came.
 *
 * Nothing is remembered per task: an origin is sent in the order of its seqs, workers count, sinks compare. Tasks are held back
 * while no worker has announced them, while the pipe is full, while their sink is away, and while a worker leaves.
 */
import { formatTaskId } from "@tq/common";
import { idRun } from "@tq/common/protocol";
import {
  bytesOfValues,
  type Missing,
  type Origin,
  ownedValues,
  sliceValues,
  type Tally,
} from "@tq/common/wire";
import type { DefinitionQueues } from "./definition-queues.ts";
import type { VentilatorEvent } from "./events.ts";
import type { VentilatorLimits } from "./limits.ts";
import type { Owner } from "./owner.ts";
import type { PushBatch } from "./push-batch.ts";
import { PushFlow } from "./push-flow.ts";
import { PushHeldWatch } from "./push-held-watch.ts";
import { PushOrigin, type PushRefusal } from "./push-origin.ts";
import { PushReports } from "./push-reports.ts";
import { PushSender } from "./push-sender.ts";
import type { Settlement } from "./settlement.ts";
import type { SinkAssignment, SinkPeer } from "./sink-peers.ts";
import type { Submission } from "./submission.ts";
import { TaskBatch } from "./task-batch.ts";
import type { TaskTable } from "./task-table.ts";
import type { VentilatorPort } from "./ventilator-port.ts";
import type { WorkerPeer } from "./worker-peer.ts";

export interface PushLaneParts {
  readonly now: number;
  readonly identity: { readonly bootId: string; readonly epoch: number };
  readonly heartbeatMs: number;
  readonly limits: VentilatorLimits;
  readonly port: VentilatorPort;
  readonly table: TaskTable;
  readonly queues: DefinitionQueues;
  readonly settlement: Settlement;
  readonly assignment: SinkAssignment;
  readonly sinks: { readonly peers: readonly SinkPeer[] };
  readonly report: (event: VentilatorEvent) => void;
  readonly violated: (channel: string, reason: string) => void;
}

/** Numbers of tasks of the push lane. */
export interface PushStats {
  /** Tasks that wait to be sent. */
  readonly queued: number;
  /** Put into the pipe so far. */
  readonly sent: number;
  /** Sent, and neither settled nor lost, as far as the workers have said. */
  readonly inFlight: number;
  /** Sent, and no sink has said yet whether they came. */
  readonly unheard: number;
  /** Never came to their sink, as far as sinks have said. */
  readonly missing: number;
  /** Sent to a sink that was then started anew: nobody can say whether they came. */
  readonly inDoubt: number;
  /** Wait, to be sent or for a word of their sink, because that sink was started without the push lane. */
  readonly held: number;
  /** Workers that take pushed tasks. */
  readonly workers: number;
}

/** How often it is looked at what only time can show. */
const stepMs = 25;

export class PushLane {
  readonly #parts: PushLaneParts;
  readonly #origins = new Map<Origin, PushOrigin>();
  readonly #flow: PushFlow;
  readonly #sender: PushSender;
  readonly #reports: PushReports;
  readonly #heldWatch: PushHeldWatch;
  /** Where the pipe is bound, once it is. */
  endpoint: string | undefined;
  #stepAt: number;

  constructor(parts: PushLaneParts) {
    const { now, report, violated } = parts;
    this.#parts = parts;
    this.#stepAt = now;
    this.#flow = new PushFlow({ ...parts, origins: this.#origins });
    this.#sender = new PushSender({ ...parts, origins: this.#origins, flow: this.#flow });
    this.#reports = new PushReports({ origin: (origin) => this.#origins.get(origin), report, violated });
    this.#heldWatch = new PushHeldWatch({ ...parts, origins: this.#origins });
  }

  has(origin: Origin): boolean {
    return this.#origins.has(origin);
  }

  /** Nothing waits, and the sinks have had the last word on everything. */
  get isIdle(): boolean {
    for (const origin of this.#origins.values()) if (!origin.isFinal) return false;
    return true;
  }

  // ---- from owners ----

  submit(now: number, owner: Owner, submission: Submission): void {
    const { ids, definition, options } = submission;
    const [id = ""] = ids.origins;
    const [, first = 0, count = 0] = ids.runs;
    const begun = this.#origins.get(id);
    const known = begun?.overlap(first, count) ?? 0;
    if (begun !== undefined && known === count)
      return begun.isAccepted(first + count - 1) ? owner.accepted(ids) : undefined;
    const refusal = begun?.refusal ?? this.#refusal();
    if (refusal !== undefined) {
      if (begun !== undefined) begun.refusal = refusal;
      return owner.rejected(ids, refusal.code, refusal.message);
    }
    const origin = begun ?? this.#begin(now, owner, { id, definition });
    const { name, contract } = origin.queue;
    if (known > 0 || !origin.follows(first) || name !== definition.name || contract !== definition.contract) {
      const message = `pushed tasks of one origin are of one definition, and come once and in order; ${formatTaskId(id, first)} does not`;
      return owner.rejected(ids, "TQ_ERR_PROTOCOL", message);
    }
    const values = ownedValues(submission.values);
    const batch = origin.add({ first, count, options, values, acceptedAt: now });
    owner.origins.add(id);
    owner.unsettled += count;
    origin.queue.pushed += count;
    this.#parts.table.hold(count, batch.bytes);
    this.#accept(origin);
  }

  /** False if the task does not wait here: it was sent, or is not known. */
  cancel(owner: Owner, id: Origin, seq: number): boolean {
    const origin = this.#origins.get(id);
    const batch = origin?.owner === owner ? origin.find(seq) : undefined;
    if (origin === undefined || batch === undefined) return false;
    this.#drop(origin, { batch, index: seq - batch.first, outcome: "cancelled" });
    return true;
  }

  /** Nothing of this origin will come again. */
  forget(id: Origin): void {
    this.#origins.delete(id);
  }

  // ---- from workers ----

  tallied(now: number, worker: WorkerPeer, tally: Tally): void {
    this.#flow.tallied(now, worker, tally);
  }

  workerEnded(now: number, worker: WorkerPeer): void {
    this.#flow.workerEnded(now, worker);
  }

  // ---- from sinks ----

  /** A fresh session with a sink: it is told again. */
  sinkJoined(sink: SinkPeer): void {
    for (const origin of this.#origins.values()) {
      if (origin.sink !== sink) continue;
      origin.told = { through: 0, isIdle: false };
      origin.sinkStart ??= sink.bootId;
    }
  }

  missing(sink: SinkPeer, message: Missing): void {
    this.#reports.heard(sink, message);
  }

  // ---- time ----

  /** Sends what can be sent now. */
  pump(now: number): void {
    if (this.endpoint === undefined || this.#flow.workers.isHolding(now)) return;
    this.#sender.sendAll(now, (origin) => this.#settle(now, origin));
  }

  flush(now: number): void {
    if (this.#origins.size === 0) return;
    for (const origin of this.#origins.values()) if (origin.unaccepted > 0) this.#accept(origin);
    this.pump(now);
    this.#reports.tell(now, this.#origins.values());
  }

  wake(now: number): void {
    if (now < this.#stepAt) return;
    this.#stepAt = now + stepMs;
    for (const origin of this.#origins.values()) this.#settle(now, origin);
    this.#flow.step(now);
    for (const origin of this.#origins.values()) this.#beginAnewIfDue(now, origin);
    this.#heldWatch.wake();
  }

  wakeAt(): number {
    const isBusy = this.#flow.workers.isAnybodyLeaving || !this.isIdle;
    return isBusy ? this.#stepAt : Number.POSITIVE_INFINITY;
  }

  /** Tasks that wait or that no sink has spoken of, as text, at most `max`; and how many of the latter there are. */
  left(max: number): { count: number; ids: string[] } {
    let count = 0;
    const ids: string[] = [];
    for (const { origin, unheard, waiting, finalThrough } of this.#origins.values()) {
      count += unheard;
      for (let seq = finalThrough + 1; seq <= finalThrough + unheard + waiting && ids.length < max; seq++)
        ids.push(formatTaskId(origin, seq));
    }
    return { count, ids };
  }

  stats(): PushStats {
    let queued = 0;
    let unheard = 0;
    for (const origin of this.#origins.values()) {
      queued += origin.waiting;
      unheard += origin.unheard;
    }
    const { missing, inDoubt } = this.#reports;
    const { sent, inFlight, workers } = this.#flow;
    const held = this.#heldWatch.tasks;
    return { queued, sent, inFlight, unheard, missing, inDoubt, held, workers: [...workers].length };
  }

  // ---- its inside ----

  #refusal(): PushRefusal | undefined {
    const { peers } = this.#parts.sinks;
    const code = "TQ_ERR_NO_PUSH_LANE";
    if (this.endpoint === undefined)
      return { code, message: "this ventilator was started without the push lane: give it a push endpoint" };
    if (peers.length === 0)
      return { code: "TQ_ERR_NO_SINK", message: "the ventilator was started without sinks; give it some" };
    if (peers.every(({ stableId, push }) => stableId !== undefined && push === undefined))
      return { code, message: "none of the sinks was started with the push lane: give one a push endpoint" };
    return undefined;
  }

  #begin(now: number, owner: Owner, about: { id: Origin; definition: Submission["definition"] }): PushOrigin {
    const { name, contract } = about.definition;
    const queue = this.#parts.queues.of({ name, contract });
    const window = this.#flow.window(now, name);
    const origin = new PushOrigin({ origin: about.id, owner, queue, window });
    this.#origins.set(about.id, origin);
    this.#flow.workersChanged(now);
    return origin;
  }

  #accept(origin: PushOrigin): void {
    const tasksMax = this.#parts.limits.pushAheadTasksMax;
    for (let batch = origin.accept(tasksMax); batch !== undefined; batch = origin.accept(tasksMax))
      origin.owner.accepted(idRun(origin.origin, batch.first, batch.count));
  }

  #beginAnewIfDue(now: number, origin: PushOrigin): void {
    const { sink, sinkStart, window } = origin;
    const session = sink?.client.session;
    if (session === undefined || sink?.bootId === sinkStart) return;
    if (window.inFlight === 0 && session.hasRoom) this.#reports.beginAnew(now, origin, session);
  }

  /** What time and room have made of its tasks: some have expired, some can be accepted. */
  #settle(now: number, origin: PushOrigin): void {
    if (origin.waiting === 0) return;
    this.#accept(origin);
    for (const task of origin.takeExpired(now)) this.#drop(origin, { ...task, outcome: "expired" });
  }

  /** The task ends here: its sink is told so, as of any other task. */
  #drop(
    origin: PushOrigin,
    task: { batch: PushBatch; index: number; outcome: "cancelled" | "expired" },
  ): void {
    const { table, settlement } = this.#parts;
    const { batch, index, outcome } = task;
    const { owner, queue } = origin;
    const values = sliceValues({ values: batch.values, offsets: batch.offsets, from: index, to: index + 1 });
    this.#sender.hasSink(origin);
    const single = new TaskBatch({
      origin: origin.origin,
      first: batch.first + index,
      count: 1,
      owner,
      queue,
      policy: undefined,
      reply: "push",
      sink: origin.sink?.endpoint,
      options: {},
      values,
      acceptedAt: batch.acceptedAt,
    });
    origin.drop(batch, index);
    table.hold(-1, -bytesOfValues(values));
    queue.pushed -= 1;
    owner.unsettled += 1;
    table.add(single);
    settlement.propose(single, 0, { status: outcome });
    // Never sent, it can have no other end: its owner need not wait until the sink has taken note of it.
    owner.settled(outcome, { origin: origin.origin, first: single.first, count: 1 });
    origin.skipDropped();
    this.#accept(origin);
  }
}
