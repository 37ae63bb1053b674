/** The workers' endpoint: who joins and leaves, what they say, who is gone or merely stuck. */
import type { TqErrorCode } from "@tq/common";
import {
  countIds,
  type EndReason,
  forEachGrant,
  forEachId,
  forEachRun,
  IdRunsBuilder,
  type Refusal,
  type ServerSession,
  SessionServer,
  type SessionServerHandler,
  type SessionServerOptions,
  SparseReader,
  silenceLimitMs,
  type Timing,
  type WelcomeDetails,
} from "@tq/common/protocol";
import type { Heart, Heartbeat, Hello, IdRuns, Message, SessionMessage, SinkAddress } from "@tq/common/wire";
import type { Controls } from "./controls.ts";
import type { DefinitionQueues } from "./definition-queues.ts";
import type { VentilatorEvent } from "./events.ts";
import type { PushLane } from "./push-lane.ts";
import { type TaskBatch, taskState } from "./task-batch.ts";
import type { TaskLifecycle } from "./task-lifecycle.ts";
import type { TaskTable } from "./task-table.ts";
import type { WorkerMessages } from "./worker-messages.ts";
import type { WorkerPeer } from "./worker-peer.ts";
import type { WorkerReservations } from "./worker-reservations.ts";
import type { Workers } from "./workers.ts";

export interface WorkerSessionParts {
  readonly timing: Timing;
  readonly table: TaskTable;
  readonly queues: DefinitionQueues;
  readonly workers: Workers;
  readonly lifecycle: TaskLifecycle;
  readonly messages: WorkerMessages;
  readonly push: PushLane;
  readonly reservations: WorkerReservations;
  readonly controls: Controls;
  readonly sinks: () => readonly SinkAddress[];
  /** What to tell a peer of another role. */
  readonly refuse: (hello: Hello) => Refusal;
  readonly report: (event: VentilatorEvent) => void;
  readonly violated: (channel: string, reason: string) => void;
}

export class WorkerSessions implements SessionServerHandler {
  readonly #parts: WorkerSessionParts;
  readonly #server: SessionServer;

  constructor(parts: WorkerSessionParts, server: Omit<SessionServerOptions, "handler" | "roles" | "timing">) {
    this.#parts = parts;
    this.#server = new SessionServer({ ...server, timing: parts.timing, handler: this, roles: ["worker"] });
  }

  get resyncs(): number {
    return this.#server.resyncs;
  }

  receive(now: number, route: string, message: Message): void {
    if (message.verb === "HEART") this.#heart(now, message);
    else this.#server.receive(now, route, message);
  }

  flush(): void {
    this.#server.flush();
  }

  wake(now: number, lateMs: number): void {
    this.#server.wake(now, lateMs);
  }

  wakeAt(): number {
    return this.#server.wakeAt();
  }

  close(now: number, reason: string): void {
    this.#server.close(now, reason);
  }

  admit(hello: Hello): Refusal | undefined {
    const { role, to = "ventilator" } = hello;
    return role === "worker" && to === "ventilator" ? undefined : this.#parts.refuse(hello);
  }

  welcome(_now: number, session: ServerSession, fresh: boolean): WelcomeDetails {
    const sinks = this.#parts.sinks();
    const push = this.#parts.push.endpoint;
    const known = this.#parts.workers.bySession(session.id);
    if (!fresh) {
      if (known !== undefined) this.#parts.reservations.cut(known);
      return { sinks, push };
    }
    const worker = known ?? this.#join(session);
    return { sinks, adopted: worker.adopted, push };
  }

  opened(now: number, session: ServerSession): void {
    const worker = this.#parts.workers.bySession(session.id);
    if (worker !== undefined) this.#parts.controls.joined(now, worker);
    this.#parts.report({
      type: "worker.joined",
      worker: session.hello.name,
      tasks: session.hello.definitions.map(({ name }) => name),
      slots: session.hello.slots,
      adopted: worker?.leases ?? 0,
    });
  }

  received(now: number, session: ServerSession, message: SessionMessage): void {
    const worker = this.#parts.workers.bySession(session.id);
    if (worker === undefined) return;
    const { messages } = this.#parts;
    switch (message.verb) {
      case "GRANT":
        return this.#grant(worker, message);
      case "HEARTBEAT":
        return this.#heartbeat(worker, message);
      case "DONE":
        return messages.done(worker, message);
      case "RESULTS":
        return messages.results(worker, message);
      case "FAILED":
        return messages.failed(now, worker, message);
      case "RETURN":
        worker.recalledAt = Number.NEGATIVE_INFINITY;
        return messages.returned(worker, message);
      case "RESERVED":
        return this.#parts.reservations.reserved(now, worker, message.reservation);
      case "CONTROLLED":
        return this.#parts.controls.controlled(worker, message.control);
      case "TALLY":
        return this.#parts.push.tallied(now, worker, message);
      case "PROGRESS":
        return;
      default:
        return this.#violation(worker, `a worker does not say ${message.verb}`);
    }
  }

  ended(now: number, session: ServerSession, reason: EndReason): void {
    const { workers, queues } = this.#parts;
    const worker = workers.bySession(session.id);
    if (worker === undefined) return;
    queues.leave(worker);
    this.#parts.push.workerEnded(now, worker);
    const isBlameless = reason === "bye" || reason === "closed";
    const { leases } = worker;
    const suspects = this.#reclaim(now, worker, isBlameless);
    this.#parts.reservations.left(worker);
    this.#parts.controls.left(worker, reason === "bye");
    workers.remove(worker);
    const left = { worker: worker.name, returned: leases, unreceived: unreceivedTasks(session) };
    if (isBlameless) this.#parts.report({ type: "worker.left", ...left });
    else this.#parts.report({ type: "worker.gone", worker: worker.name, leases, suspects });
  }

  heartbeatState(): Record<string, never> {
    return {};
  }

  #join(session: ServerSession): WorkerPeer {
    const { workers, queues, messages } = this.#parts;
    const worker = workers.add(session);
    queues.join(worker);
    const adopted = new IdRunsBuilder();
    messages.adopt(worker, session.hello.held, (origin, seq) => adopted.add(origin, seq));
    worker.adopted = adopted.take();
    return worker;
  }

  /** Takes all leases of a worker back. Returns how many of them are suspects now. */
  #reclaim(now: number, worker: WorkerPeer, isBlameless: boolean): number {
    const { lifecycle } = this.#parts;
    let suspects = 0;
    for (const lease of leasesOf(worker).reverse()) {
      if (isBlameless) lifecycle.giveBack(lease.batch, lease.index);
      else if (lifecycle.blame(now, lease, worker)) suspects += 1;
    }
    return suspects;
  }

  #grant(worker: WorkerPeer, { grants = [], full }: Pick<Heartbeat, "grants" | "full">): void {
    if (full !== undefined && !worker.heardFull(full)) {
      this.#violation(worker, "it is full for a definition that HELLO did not list");
    }
    forEachGrant(grants, (definition, tasks, bytes) => {
      const granted = worker.definitions[definition];
      if (granted === undefined)
        this.#violation(worker, `GRANT for definition ${definition}, which HELLO did not list`);
      else granted.credit.grant(tasks, bytes);
    });
  }

  #heartbeat(worker: WorkerPeer, message: Heartbeat): void {
    this.#grant(worker, message);
    const { held } = message;
    if (held === undefined) return;
    // Comparable only if nothing is on its way in either direction.
    const { session } = worker;
    if (message.sent !== session.received || message.received !== session.sent) return;
    if (message.unfinished !== undefined) worker.heardUnfinished(message.unfinished);
    if (this.#areItsLeases(worker, held.ids)) return;
    this.#reconcile(worker, held.ids);
  }

  /** Whether these are all of its leases and nothing else. Its own count alone would not tell one task from another. */
  #areItsLeases(worker: WorkerPeer, ids: IdRuns): boolean {
    const { table } = this.#parts;
    if (countIds(ids) !== worker.leases) return false;
    let areAll = true;
    forEachRun(ids, ({ origin, first, count }) => {
      for (let seq = first; areAll && seq < first + count; seq++) {
        const batch = table.find(origin, seq);
        const index = batch === undefined ? 0 : seq - batch.first;
        areAll = batch?.state[index] === taskState.leased && batch.holder[index] === worker.number;
      }
    });
    return areAll;
  }

  /** The worker holds other attempts than its leases: what it lacks is taken back, what it has too much it drops. */
  #reconcile(worker: WorkerPeer, heldIds: IdRuns): void {
    const { table, lifecycle } = this.#parts;
    const held = new Map<TaskBatch, Set<number>>();
    forEachId(heldIds, (origin, seq) => {
      const batch = table.find(origin, seq);
      const index = batch === undefined ? -1 : seq - batch.first;
      const isLease =
        batch !== undefined &&
        batch.state[index] === taskState.leased &&
        batch.holder[index] === worker.number;
      if (!isLease) return worker.cancel(origin, seq);
      const indexes = held.get(batch) ?? new Set<number>();
      held.set(batch, indexes.add(index));
    });
    let lost = 0;
    for (const { batch, index } of leasesOf(worker).reverse()) {
      if (held.get(batch)?.has(index) === true) continue;
      lifecycle.giveBack(batch, index);
      lost += 1;
    }
    if (lost > 0) this.#parts.report({ type: "leases.lost", worker: worker.name, leases: lost });
  }

  /** The heart beats, so the process lives, whatever its main loop does. */
  #heart(now: number, heart: Heart): void {
    const worker = this.#parts.workers.bySession(heart.session);
    if (worker === undefined || worker.session.hello.bootId !== heart.bootId) return;
    worker.session.heardAt = now;
    worker.started = heart.started;
    const isBlocked = heart.stuckMs >= silenceLimitMs(this.#parts.timing);
    if (isBlocked !== worker.isBlocked) {
      worker.isBlocked = isBlocked;
      if (isBlocked)
        this.#parts.report({ type: "worker.blocked", worker: worker.name, stuckMs: heart.stuckMs });
      else this.#parts.report({ type: "worker.unblocked", worker: worker.name });
    }
    if (isBlocked) this.#expireStuck(now, worker, heart);
  }

  /** A stuck loop cannot time its own tasks out: it is done for it here. */
  #expireStuck(now: number, worker: WorkerPeer, heart: Heart): void {
    const { table, lifecycle } = this.#parts;
    forEachId(heart.started.ids, (origin, seq) => {
      const batch = table.find(origin, seq);
      if (batch === undefined) return;
      const index = seq - batch.first;
      if (batch.state[index] !== taskState.leased || batch.holder[index] !== worker.number) return;
      const policy = worker.policyFor(batch.queue);
      const own = new SparseReader(batch.options.timeoutMs).at(index);
      const timeoutMs = own ?? batch.policy?.timeoutMs ?? policy?.timeoutMs;
      if (timeoutMs === undefined || heart.stuckMs < timeoutMs) return;
      worker.cancel(origin, seq);
      const code: TqErrorCode = "TQ_ERR_TIMEOUT";
      const message = `the worker's event loop has stood still for ${Math.round(heart.stuckMs)} ms; the limit of an attempt is ${timeoutMs} ms`;
      const error = { name: "TqError", code, message };
      lifecycle.fail(now, { batch, index, policy }, { error, final: false, afterMs: undefined });
    });
  }

  #violation(worker: WorkerPeer, reason: string): void {
    this.#parts.violated("workers", `${worker.name}: ${reason}`);
  }
}

/** Tasks that were on their way to a worker when its session ended. */
const unreceivedTasks = ({ unacknowledged }: ServerSession): number => {
  let count = 0;
  for (const content of unacknowledged) if (content.verb === "TASKS") count += countIds(content.ids);
  return count;
};

const leasesOf = (worker: WorkerPeer): { batch: TaskBatch; index: number }[] => {
  const leases: { batch: TaskBatch; index: number }[] = [];
  for (const batch of worker.leasesByBatch.keys()) {
    for (let index = 0; index < batch.count; index++) {
      const isLease = batch.state[index] === taskState.leased && batch.holder[index] === worker.number;
      if (isLease) leases.push({ batch, index });
    }
  }
  return leases;
};
