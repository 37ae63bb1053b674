/** The producers' endpoint: takes submissions, gives credit, tells what became of them. */
import {
  countIds,
  type EndReason,
  type HeartbeatState,
  type Refusal,
  type ServerSession,
  SessionServer,
  type SessionServerHandler,
  type SessionServerOptions,
  type Timing,
  type WelcomeDetails,
} from "@tq/common/protocol";
import {
  bytesOfValues,
  type Hello,
  type Message,
  type Origin,
  type Request,
  type SessionMessage,
} from "@tq/common/wire";
import type { Admissions } from "./admissions.ts";
import type { VentilatorEvent } from "./events.ts";
import type { JournalWriter } from "./journal/journal-writer.ts";
import type { VentilatorLimits } from "./limits.ts";
import type { MarkLimits } from "./origin-marks.ts";
import type { Owner } from "./owner.ts";
import { ProducerPeer } from "./producer-peer.ts";
import { type Questions, readOneValue, responseTo } from "./questions.ts";
import { reclaim } from "./reclaims.ts";
import type { SinkSessions } from "./sink-sessions.ts";
import type { TaskTable } from "./task-table.ts";

export interface ProducerSessionParts {
  readonly timing: Timing;
  readonly limits: VentilatorLimits;
  readonly table: TaskTable;
  readonly admissions: Admissions;
  readonly questions: Questions;
  readonly journal: JournalWriter | undefined;
  readonly sinks: SinkSessions;
  /** What to tell a peer of another role. */
  readonly refuse: (hello: Hello) => Refusal;
  /** Nothing of these origins will come again: they are forgotten here and at the sinks. */
  readonly closeOrigins: (origins: readonly Origin[]) => void;
  readonly report: (event: VentilatorEvent) => void;
  readonly violated: (channel: string, reason: string) => void;
}

export class ProducerSessions implements SessionServerHandler, MarkLimits {
  readonly #parts: ProducerSessionParts;
  readonly #server: SessionServer;
  readonly #peers = new Map<string, ProducerPeer>();
  /**
   * Of those, which have a session or unsettled tasks, and which are away and not given up yet. One that was killed is kept for
   * good, as it may have been cut off only: what is done all the time passes over it.
   */
  readonly #active = new Set<ProducerPeer>();
  readonly #awaited = new Set<ProducerPeer>();
  /** Those that have said goodbye, while tasks of theirs are unsettled. */
  readonly #departed = new Map<string, ProducerPeer>();

  constructor(
    parts: ProducerSessionParts,
    server: Omit<SessionServerOptions, "handler" | "roles" | "timing">,
  ) {
    this.#parts = parts;
    this.#server = new SessionServer({ ...server, timing: parts.timing, handler: this, roles: ["producer"] });
  }

  /** Those that have a session, or had one and may come back. */
  get peers(): Iterable<ProducerPeer> {
    return this.#peers.values();
  }

  get size(): number {
    return this.#server.size;
  }

  get resyncs(): number {
    return this.#server.resyncs;
  }

  receive(now: number, route: string, message: Message): void {
    this.#server.receive(now, route, message);
  }

  flush(now: number): void {
    const { presence } = this.#parts.sinks;
    for (const peer of this.#active) {
      peer.flush(now, presence);
      this.#openCredit(peer);
      if (peer.session === undefined && peer.owner.unsettled === 0) this.#active.delete(peer);
    }
    this.#server.flush();
  }

  wake(now: number, lateMs: number): void {
    this.#server.wake(now, lateMs);
    for (const peer of this.#awaited) if (this.#isOverdue(now, peer)) this.#giveUp(peer);
    for (const peer of this.#departed.values()) if (peer.owner.unsettled === 0) this.#forget(peer);
  }

  limit(marks: Map<Origin, number>): void {
    for (const peer of this.#peers.values()) peer.limit(marks);
  }

  wakeAt(): number {
    let at = this.#server.wakeAt();
    for (const { awaySince } of this.#awaited) {
      if (awaySince !== undefined) at = Math.min(at, awaySince + this.#parts.limits.producerGraceMs);
    }
    return at;
  }

  /** A producer that was here before this start, and may come back unless it has said goodbye. */
  restore(now: number, bootId: string, { name, isLeft }: { name: string; isLeft: boolean }): Owner {
    const peer = this.#departed.get(bootId) ?? this.#peers.get(bootId) ?? new ProducerPeer(bootId, name);
    peer.detach(now);
    const isDeparted = isLeft || this.#departed.has(bootId);
    if (isDeparted) {
      this.#departed.set(bootId, peer);
      this.#peers.delete(bootId);
      this.#active.delete(peer);
      this.#awaited.delete(peer);
    } else {
      this.#peers.set(bootId, peer);
      this.#active.add(peer);
      this.#awaited.add(peer);
    }
    return peer.owner;
  }

  close(now: number, reason: string): void {
    this.#server.close(now, reason);
  }

  admit(hello: Hello): Refusal | undefined {
    return hello.role === "producer" ? undefined : this.#parts.refuse(hello);
  }

  welcome(): WelcomeDetails {
    return { sinks: [] };
  }

  opened(_now: number, session: ServerSession): void {
    const { bootId, name } = session.hello;
    const peer = this.#peers.get(bootId) ?? new ProducerPeer(bootId, name);
    const { hasJoined } = peer;
    this.#peers.set(bootId, peer);
    this.#awaited.delete(peer);
    this.#active.add(peer);
    peer.attach(session);
    if (!hasJoined) this.#parts.report({ type: "producer.joined", producer: name });
  }

  received(now: number, session: ServerSession, message: SessionMessage): void {
    const peer = this.#peers.get(session.hello.bootId);
    if (peer === undefined) return;
    switch (message.verb) {
      case "SUBMIT":
        if (peer.receive(countIds(message.ids), bytesOfValues(message.values)))
          return this.#parts.admissions.submit(now, peer.owner, message);
        this.#violation(session, "more tasks than it had credit for");
        return this.#server.end(now, session, "violation");
      case "CANCEL":
        return this.#parts.admissions.cancel(peer.owner, message.ids);
      case "ANSWERED":
        return this.#parts.admissions.answered(message.ids);
      case "RECLAIM":
        for (const origin of message.ids.origins) this.#parts.journal?.own(origin, peer.owner);
        return peer.reclaimed(reclaim(peer.owner, this.#parts.table, message.ids));
      case "REQUEST":
        return this.#ask(now, peer, message);
      case "HEARTBEAT":
        return;
      default:
        return this.#violation(session, `a producer does not say ${message.verb}`);
    }
  }

  /** An answer that comes after its session is for nobody: the numbers of the next one begin anew. */
  #ask(now: number, peer: ProducerPeer, { request, method, values }: Request): void {
    const { session } = peer;
    this.#parts.questions.ask(now, { method, params: readOneValue(values) }, (reply) => {
      if (peer.session === session) peer.responded(responseTo(request, reply));
    });
  }

  ended(now: number, session: ServerSession, reason: EndReason): void {
    const peer = this.#peers.get(session.hello.bootId);
    if (peer?.session !== session) return;
    peer.detach(now);
    if (reason !== "bye") return void this.#awaited.add(peer);
    this.#parts.report({ type: "producer.left", producer: session.hello.name });
    this.#depart(peer);
  }

  heartbeatState(session: ServerSession): HeartbeatState {
    const peer = this.#peers.get(session.hello.bootId);
    if (peer === undefined) return {};
    return { grants: [0, peer.credit.tasksGranted, peer.credit.bytesGranted] };
  }

  #violation(session: ServerSession, reason: string): void {
    this.#parts.violated("producers", `${session.hello.name}: ${reason}`);
  }

  /** More credit while there is room here. Told in steps: a grant per task would cost more than the task. */
  #openCredit(peer: ProducerPeer): void {
    const { limits, table } = this.#parts;
    const { session, credit } = peer;
    if (session === undefined) return;
    const tasks = Math.min(limits.producerWindowTasks, limits.unsettledTasksMax - table.tasks);
    const bytes = Math.min(limits.producerWindowBytes, limits.unsettledBytesMax - table.bytes);
    if (tasks <= 0 || bytes <= 0 || !credit.isWorthOpening(tasks, bytes)) return;
    credit.open(tasks, bytes);
    session.sendUnnumbered({ verb: "GRANT", grants: [0, credit.tasksGranted, credit.bytesGranted] });
  }

  #isOverdue(now: number, { awaySince }: ProducerPeer): boolean {
    return awaySince !== undefined && now - awaySince >= this.#parts.limits.producerGraceMs;
  }

  /**
   * Nobody seems to wait for its answers any more. Its other tasks go on, and it is told of them if it does come back. Its
   * origins stay open: it may come back with the next seq.
   */
  #giveUp(peer: ProducerPeer): void {
    this.#awaited.delete(peer);
    const cancelled = this.#parts.admissions.abandon(peer.owner);
    this.#parts.report({ type: "producer.gone", producer: peer.owner.name, cancelled });
  }

  /** It has said goodbye: it will not come back. */
  #depart(peer: ProducerPeer): void {
    this.#peers.delete(peer.bootId);
    this.#active.delete(peer);
    this.#parts.admissions.abandon(peer.owner);
    for (const origin of peer.owner.origins) this.#parts.journal?.leave(origin);
    if (peer.owner.unsettled === 0) this.#forget(peer);
    else this.#departed.set(peer.bootId, peer);
  }

  /** Nothing of its origins will come again. */
  #forget(peer: ProducerPeer): void {
    this.#departed.delete(peer.bootId);
    this.#parts.closeOrigins([...peer.owner.origins]);
  }
}
