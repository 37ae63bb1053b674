/**
 * The connecting side of a session: says HELLO until it is heard, resumes after a cut, starts anew when the other side
 * has forgotten it.
 *
 * It never gives up: whoever started it decides how long to wait. It says once that nobody is there, and again only
 * after somebody was.
 */
import type {
  BootId,
  Hello,
  Message,
  NumberedContent,
  Refused,
  SessionMessage,
  Welcome,
} from "../wire/index.ts";
import { type HeartbeatState, Session } from "./session.ts";
import { protocolVersion } from "./session-server.ts";
import { silenceLimitMs, type Timing } from "./timing.ts";

export type HelloDetails = Omit<Hello, "verb" | "version" | "bootId" | "session" | "received">;

/** What a role makes of its session with one peer. */
export interface SessionClientHandler {
  hello(now: number): HelloDetails;
  /** A fresh session. Whatever the core still owes this peer, it says again now. */
  opened(now: number, session: Session, welcome: Welcome): void;
  /** The same session over a new connection. Nothing was lost. */
  resumed(now: number, session: Session): void;
  received(now: number, session: Session, message: SessionMessage): void;
  /** The session is over; `unacknowledged` may or may not have arrived. A fresh one may follow. */
  ended(now: number, unacknowledged: readonly NumberedContent[]): void;
  /** Said once per absence. */
  unreachable(now: number): void;
  /** Final, except for a boot id in use, which is answered with a new one. */
  refused(now: number, refusal: Omit<Refused, "verb">): void;
  heartbeatState(session: Session): HeartbeatState;
}

export interface SessionClientOptions {
  readonly timing: Timing;
  readonly transmit: (message: Message) => void;
  readonly handler: SessionClientHandler;
  readonly drawBootId: () => BootId;
}

/** connecting: no session, or one that may have been cut · open · refused and closed: final. */
type State = "connecting" | "open" | "refused" | "closed";

export class SessionClient {
  readonly #options: SessionClientOptions;
  /** The peer's timing, from its WELCOME. */
  #timing: Timing;
  #bootId: BootId;
  #state: State = "connecting";
  #session: Session | undefined;
  #helloAt: number;
  #helloRetryMs: number;
  #absentSince: number;
  #absenceTold = false;
  #hasConnected = false;

  constructor(now: number, options: SessionClientOptions) {
    this.#options = options;
    this.#timing = options.timing;
    this.#bootId = options.drawBootId();
    this.#helloAt = now;
    this.#helloRetryMs = options.timing.helloRetryMs;
    this.#absentSince = now;
  }

  /** The session, while the other side is there. */
  get session(): Session | undefined {
    return this.#state === "open" ? this.#session : undefined;
  }

  /** What may not have arrived yet, also of a session that may have been cut. */
  get unacknowledged(): readonly NumberedContent[] {
    return this.#session?.unacknowledged ?? [];
  }

  get bootId(): BootId {
    return this.#bootId;
  }

  receive(now: number, message: Message): void {
    if (this.#state === "closed" || this.#state === "refused") return;
    switch (message.verb) {
      case "WELCOME":
        return this.#welcome(now, message);
      case "REFUSED":
        return this.#refused(now, message);
      case "RESYNC":
        if (this.#state === "open") this.#reconnect(now);
        return;
      case "HELLO":
      case "HEART":
      case "PUSH":
      case "OUTCOMES":
        return;
      default:
        return this.#inSession(now, message);
    }
  }

  /**
   * A connection has just been made. The other side does not know it yet, so the session is asked for at once; unless it
   * is the first connection, which may have carried the WELCOME before this hint came.
   */
  connected(now: number): void {
    const isFirst = !this.#hasConnected;
    this.#hasConnected = true;
    if (this.#state === "open" && !isFirst) this.#reconnect(now);
    else if (this.#state === "connecting") this.#sayHello(now);
  }

  flush(): void {
    this.session?.acknowledgeIfDue();
  }

  wake(now: number, lateMs: number): void {
    const { handler } = this.#options;
    const session = this.session;
    if (session !== undefined) {
      const limitMs = silenceLimitMs(this.#timing);
      if (lateMs > this.#timing.heartbeatMs / 2) session.excuse(now - limitMs + this.#timing.heartbeatMs);
      if (now - session.heardAt >= limitMs) this.#reconnect(now);
      else if (session.beatDueAt(this.#timing.heartbeatMs) <= now) {
        session.beat(now, handler.heartbeatState(session));
      }
    }
    if (this.#state !== "connecting") return;
    if (this.#helloAt <= now) this.#sayHello(now);
    if (!this.#absenceTold && now - this.#absentSince >= this.#options.timing.unreachableAfterMs) {
      this.#absenceTold = true;
      handler.unreachable(now);
    }
  }

  wakeAt(): number {
    if (this.#state === "connecting") {
      if (this.#absenceTold) return this.#helloAt;
      return Math.min(this.#helloAt, this.#absentSince + this.#options.timing.unreachableAfterMs);
    }
    const session = this.session;
    if (session === undefined) return Number.POSITIVE_INFINITY;
    return Math.min(
      session.beatDueAt(this.#timing.heartbeatMs),
      session.heardAt + silenceLimitMs(this.#timing),
    );
  }

  close(reason: string): void {
    this.session?.sendUnnumbered({ verb: "BYE", reason });
    this.#state = "closed";
  }

  #inSession(now: number, message: SessionMessage): void {
    const session = this.session;
    if (session === undefined || message.session !== session.id) return;
    const isNew = session.arrive(now, message);
    if (message.verb === "BYE") return this.#endSession(now);
    if (isNew) this.#options.handler.received(now, session, message);
  }

  #welcome(now: number, welcome: Welcome): void {
    const session = this.#session;
    const isRepeat = session?.id === welcome.session && (this.#state === "open" || !welcome.resumed);
    if (isRepeat) return;
    this.#timing = { ...this.#timing, heartbeatMs: welcome.heartbeatMs, liveness: welcome.liveness };
    this.#helloRetryMs = this.#options.timing.helloRetryMs;
    this.#absenceTold = false;
    if (welcome.resumed && session?.id === welcome.session) {
      this.#state = "open";
      session.resume(now, welcome.received);
      return this.#options.handler.resumed(now, session);
    }
    if (session !== undefined) this.#endSession(now);
    const fresh = new Session(welcome.session, now, this.#options.transmit);
    this.#session = fresh;
    this.#state = "open";
    this.#options.handler.opened(now, fresh, welcome);
  }

  #refused(now: number, refusal: Refused): void {
    if (refusal.code === "TQ_ERR_BOOT_ID_IN_USE") {
      if (this.#session !== undefined) this.#endSession(now);
      this.#bootId = this.#options.drawBootId();
      return this.#sayHello(now);
    }
    this.#state = "refused";
    this.#options.handler.refused(now, refusal);
  }

  /** The session may still live on the other side: ask for it back. */
  #reconnect(now: number): void {
    this.#state = "connecting";
    this.#absentSince = now;
    this.#sayHello(now);
  }

  #endSession(now: number): void {
    const { unacknowledged } = this;
    this.#session = undefined;
    this.#state = "connecting";
    this.#absentSince = now;
    this.#helloAt = now + this.#helloRetryMs;
    this.#options.handler.ended(now, unacknowledged);
  }

  #sayHello(now: number): void {
    this.#helloAt = now + this.#helloRetryMs;
    this.#helloRetryMs = Math.min(this.#helloRetryMs * 2, this.#options.timing.heartbeatMs);
    this.#options.transmit({
      verb: "HELLO",
      version: protocolVersion,
      bootId: this.#bootId,
      received: this.#session?.received ?? 0,
      ...(this.#session === undefined ? {} : { session: this.#session.id }),
      ...this.#options.handler.hello(now),
    });
  }
}
