/**
 * The binding side of sessions: admits peers, resumes them after a cut, notices silence.
 *
 * Nothing is kept for a peer before its HELLO. Whatever names an unknown session, or a known one from another
 * connection, is answered with RESYNC and changes nothing.
 *
 * A second live process with the same boot id (a cloned machine) is told apart from a reconnect by this: a reconnect
 * names the session it wants back. One that does not is let in only while the first has not yet said a word in its
 * session, because then the WELCOME may have been lost.
 */
import type {
  BootId,
  Hello,
  Message,
  Refused,
  Role,
  SessionId,
  SessionMessage,
  Welcome,
} from "../wire/index.ts";
import { type HeartbeatState, Session } from "./session.ts";
import { silenceLimitMs, type Timing } from "./timing.ts";

export const protocolVersion = 1;

export type Refusal = Omit<Refused, "verb">;
export type WelcomeDetails = Pick<Welcome, "sinks" | "adopted" | "sinkId" | "push">;
export type EndReason = "silent" | "bye" | "restarted" | "closed" | "violation";

/** A session as its binding side sees it. */
export class ServerSession extends Session {
  readonly hello: Hello;
  route: string;
  /** The peer has used the session at least once, so it knows of it. */
  hasSpoken = false;

  constructor(id: SessionId, hello: Hello, options: { now: number; route: string; transmit: Transmit }) {
    super(id, options.now, (message) => options.transmit(this.route, message));
    this.hello = hello;
    this.route = options.route;
  }
}

type Transmit = (route: string, message: Message) => void;

/** What a role makes of its sessions. */
export interface SessionServerHandler {
  /** A reason to refuse this peer, or nothing. Version and duplicate boot ids are checked already. */
  admit(hello: Hello): Refusal | undefined;
  /** What WELCOME says besides the usual. Called once for a fresh session, before `opened`, and for each resume. */
  welcome(now: number, session: ServerSession, fresh: boolean): WelcomeDetails;
  opened(now: number, session: ServerSession): void;
  /** New messages only, in order. BYE and the bookkeeping of HEARTBEAT are done already. */
  received(now: number, session: ServerSession, message: SessionMessage): void;
  ended(now: number, session: ServerSession, reason: EndReason): void;
  /** What the next HEARTBEAT to this peer repeats. */
  heartbeatState(session: ServerSession): HeartbeatState;
}

export interface SessionServerOptions {
  readonly identity: { readonly bootId: BootId; readonly name: string; readonly epoch: number };
  readonly timing: Timing;
  readonly transmit: Transmit;
  readonly handler: SessionServerHandler;
  readonly roles: readonly Role[];
  /** Session ids count up from here; chosen so that no earlier start of this process used them. */
  readonly firstSession: SessionId;
}

export class SessionServer {
  readonly #options: SessionServerOptions;
  readonly #byId = new Map<SessionId, ServerSession>();
  readonly #byBoot = new Map<BootId, ServerSession>();
  /** Those that owe an acknowledgement at the end of the turn. */
  readonly #acknowledging = new Set<ServerSession>();
  /** Nothing is due before it: found out in `wake`, so that no turn has to look at every session. */
  #wakeAt = Number.POSITIVE_INFINITY;
  #nextSession: SessionId;
  /** Messages that named a session nobody has here. */
  resyncs = 0;

  constructor(options: SessionServerOptions) {
    this.#options = options;
    this.#nextSession = options.firstSession;
  }

  get sessions(): IterableIterator<ServerSession> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  find(id: SessionId): ServerSession | undefined {
    return this.#byId.get(id);
  }

  receive(now: number, route: string, message: Message): void {
    switch (message.verb) {
      case "HELLO":
        return this.#hello(now, route, message);
      case "WELCOME":
      case "REFUSED":
      case "RESYNC":
      case "HEART":
      case "PUSH":
      case "OUTCOMES":
        return;
      default:
        return this.#inSession(now, route, message);
    }
  }

  /** Sends what the end of a turn owes. */
  flush(): void {
    if (this.#acknowledging.size === 0) return;
    for (const session of this.#acknowledging) session.acknowledgeIfDue();
    this.#acknowledging.clear();
  }

  wake(now: number, lateMs: number): void {
    const { timing, handler } = this.#options;
    const limitMs = silenceLimitMs(timing);
    for (const session of this.#byId.values()) {
      if (lateMs > timing.heartbeatMs / 2) session.excuse(now - limitMs + timing.heartbeatMs);
      if (now - session.heardAt >= limitMs) this.end(now, session, "silent");
      else if (session.beatDueAt(timing.heartbeatMs) <= now) {
        session.beat(now, handler.heartbeatState(session));
      }
    }
    this.#wakeAt = Number.POSITIVE_INFINITY;
    for (const session of this.#byId.values()) this.#watch(session);
  }

  /** May be too early, where something was heard or said meanwhile. */
  wakeAt(): number {
    return this.#wakeAt;
  }

  /** Ends a session from this side; the peer learns of it when it next speaks. */
  end(now: number, session: ServerSession, reason: EndReason): void {
    if (this.#byId.get(session.id) !== session) return;
    this.#byId.delete(session.id);
    this.#acknowledging.delete(session);
    if (this.#byBoot.get(session.hello.bootId) === session) this.#byBoot.delete(session.hello.bootId);
    this.#options.handler.ended(now, session, reason);
  }

  /** Says BYE to everyone. Nobody is told to reconnect: they find out by themselves whether we come back. */
  close(now: number, reason: string): void {
    for (const session of this.#byId.values()) {
      session.sendUnnumbered({ verb: "BYE", reason });
      this.end(now, session, "closed");
    }
  }

  #inSession(now: number, route: string, message: SessionMessage): void {
    const session = this.#byId.get(message.session);
    if (session === undefined || session.route !== route) {
      this.resyncs += 1;
      this.#options.transmit(route, { verb: "RESYNC", bootId: this.#options.identity.bootId });
      return;
    }
    session.hasSpoken = true;
    const isNew = session.arrive(now, message);
    if (session.isAcknowledgementDue) this.#acknowledging.add(session);
    if (message.verb === "BYE") this.end(now, session, "bye");
    else if (isNew) this.#options.handler.received(now, session, message);
  }

  #hello(now: number, route: string, hello: Hello): void {
    const refusal = this.#refusalFor(hello);
    if (refusal !== undefined) {
      this.#options.transmit(route, { verb: "REFUSED", ...refusal });
      return;
    }
    const known = this.#byBoot.get(hello.bootId);
    if (known === undefined) return this.#open(now, route, hello);
    if (hello.session === known.id) return this.#resume(now, known, { route, received: hello.received });
    if (route === known.route) return this.#repeatWelcome(now, known);
    if (!known.hasSpoken) {
      this.end(now, known, "restarted");
      return this.#open(now, route, hello);
    }
    this.#options.transmit(route, {
      verb: "REFUSED",
      code: "TQ_ERR_BOOT_ID_IN_USE",
      message: `boot id ${hello.bootId} belongs to a live peer; draw a new one`,
    });
  }

  #refusalFor(hello: Hello): Refusal | undefined {
    if (hello.version !== protocolVersion) {
      const message = `peer speaks TQP/${hello.version}, this side TQP/${protocolVersion}`;
      return { code: "TQ_ERR_UNSUPPORTED_VERSION", message };
    }
    const refusal = this.#options.handler.admit(hello);
    if (refusal !== undefined) return refusal;
    if (this.#options.roles.includes(hello.role)) return undefined;
    const expected = this.#options.roles.join(" or ");
    const message = `a ${hello.role} said HELLO at an endpoint for ${expected}`;
    return { code: "TQ_ERR_WRONG_ENDPOINT", message };
  }

  #open(now: number, route: string, hello: Hello): void {
    const id = this.#nextSession++;
    const session = new ServerSession(id, hello, { now, route, transmit: this.#options.transmit });
    this.#byId.set(id, session);
    this.#byBoot.set(hello.bootId, session);
    this.#watch(session);
    this.#welcome(now, session, true);
    this.#options.handler.opened(now, session);
  }

  #resume(now: number, session: ServerSession, from: { route: string; received: number }): void {
    session.route = from.route;
    session.hasSpoken = true;
    this.#welcome(now, session, false);
    session.resume(now, from.received);
    this.#watch(session);
  }

  /** The first WELCOME may be lost: the same session again, and all that was said in it. */
  #repeatWelcome(now: number, session: ServerSession): void {
    if (session.hasSpoken) return;
    this.#welcome(now, session, true);
    session.resume(now, 0);
    this.#watch(session);
  }

  #watch(session: ServerSession): void {
    const { timing } = this.#options;
    const dueAt = Math.min(session.beatDueAt(timing.heartbeatMs), session.heardAt + silenceLimitMs(timing));
    this.#wakeAt = Math.min(this.#wakeAt, dueAt);
  }

  #welcome(now: number, session: ServerSession, fresh: boolean): void {
    const { identity, timing, handler, transmit } = this.#options;
    transmit(session.route, {
      verb: "WELCOME",
      version: protocolVersion,
      session: session.id,
      resumed: !fresh,
      received: session.received,
      ...identity,
      heartbeatMs: timing.heartbeatMs,
      liveness: timing.liveness,
      ...handler.welcome(now, session, fresh),
    });
  }
}
