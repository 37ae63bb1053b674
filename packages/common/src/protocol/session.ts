/**
 * What both ends of a session do alike: stamp what leaves, sort what arrives, beat.
 *
 * A session outlives connections: it ends when a side has been silent too long, says BYE, or starts anew. Within it
 * every numbered message is handled once and in order. Who accepts sessions and who asks for them: `session-server.ts`,
 * `session-client.ts`.
 */
import type {
  Heartbeat,
  NumberedContent,
  SessionId,
  SessionMessage,
  UnnumberedContent,
} from "../wire/index.ts";
import { ReliableStream } from "./reliable-stream.ts";

/** State that every heartbeat repeats; a core fills in what its role has. */
export type HeartbeatState = Pick<Heartbeat, "grants" | "held" | "unfinished" | "full">;

export class Session {
  readonly id: SessionId;
  readonly #transmit: (message: SessionMessage) => void;
  readonly #stream = new ReliableStream();
  #heardAt: number;
  /** Silence of the other side has been put down to this one, and nothing was heard since. */
  #isExcused = false;
  #beatAt: number;
  /** Since when a HEARTBEAT is wanted ahead of its time. */
  #beatWantedAt: number | undefined;

  constructor(id: SessionId, now: number, transmit: (message: SessionMessage) => void) {
    this.id = id;
    this.#heardAt = now;
    this.#beatAt = now;
    this.#transmit = transmit;
  }

  /** When the other side was last heard, monotonic. */
  get heardAt(): number {
    return this.#heardAt;
  }

  set heardAt(at: number) {
    this.#heardAt = at;
    this.#isExcused = false;
  }

  /**
   * This side was stuck, so the other one counts as heard at `at`, if that is later. Only once until it is heard again: else
   * a side that is late every time would never find anybody gone.
   */
  excuse(at: number): void {
    if (this.#isExcused || at <= this.#heardAt) return;
    this.#heardAt = at;
    this.#isExcused = true;
  }

  /** Whether a numbered message would leave at once. */
  get hasRoom(): boolean {
    return this.#stream.hasRoom;
  }

  get received(): number {
    return this.#stream.received;
  }

  get sent(): number {
    return this.#stream.sent;
  }

  get unacknowledged(): readonly NumberedContent[] {
    return this.#stream.unacknowledged;
  }

  send(now: number, content: NumberedContent): void {
    this.#stream.add(content);
    this.#pump(now);
  }

  sendUnnumbered(content: UnnumberedContent): void {
    this.#stamp(content);
  }

  /** Takes note of a message. True if it is new and the core must handle it. */
  arrive(now: number, message: SessionMessage): boolean {
    this.heardAt = now;
    this.#stream.acknowledge(now, message.received);
    const isNew = "number" in message ? this.#stream.arrive(message.number) === "next" : true;
    if (message.verb === "HEARTBEAT") this.#stream.heartbeatArrived(now);
    this.#pump(now);
    return isNew;
  }

  /**
   * After a resume: the other side has everything up to `received`; the rest leaves again. What is not numbered does not:
   * a grant that was lost with the connection would hold up the work until the next HEARTBEAT, so that is due now.
   */
  resume(now: number, received: number): void {
    this.#stream.acknowledge(now, received);
    this.#stream.rewind();
    this.heardAt = now;
    this.#beatWantedAt = now;
    this.#pump(now);
  }

  beatDueAt(heartbeatMs: number): number {
    return this.#beatWantedAt ?? this.#beatAt + heartbeatMs;
  }

  beat(now: number, state: HeartbeatState): void {
    this.#beatAt = now;
    this.#beatWantedAt = undefined;
    this.#stamp({ verb: "HEARTBEAT", sent: this.#stream.sent, ...state });
  }

  get isAcknowledgementDue(): boolean {
    return this.#stream.isAcknowledgementDue;
  }

  /** Acknowledges if much has come in and nothing has gone out. Call at the end of a turn. */
  acknowledgeIfDue(): void {
    if (this.#stream.isAcknowledgementDue) this.#stamp({ verb: "HEARTBEAT", sent: this.#stream.sent });
  }

  #pump(now: number): void {
    this.#stream.pump(now, (number, content) => {
      this.#transmit({ ...content, session: this.id, number, received: this.#stream.received });
      this.#stream.acknowledgementSent();
    });
  }

  #stamp(content: UnnumberedContent): void {
    this.#transmit({ ...content, session: this.id, received: this.#stream.received });
    this.#stream.acknowledgementSent();
  }
}
