/**
 * The subscriber's side of one connection, which may lead to many sources (a proxy): asks each for its snapshot, lets
 * nothing of it through before that, and notices when it is silent.
 *
 * It asks by subscribing to a topic that nobody else has. A source sees the subscription, and publishes its snapshot there,
 * with the numbers of its events at that moment: what it said before is part of the snapshot, and what it says later follows
 * it on the same connection. The topic stays subscribed, so that a source which comes later, or comes back, sees it, too.
 */
import type { EventSource } from "./event.ts";
import { type Beat, decodeEventMessage, type EventBatch, type SnapshotMessage } from "./event-codec.ts";
import { eventLimits } from "./limits.ts";
import { beatTopic, encodeSubscription, eventTopic, isChosen, snapshotTopic } from "./topics.ts";

/** Where a connection's events go. `key` names the source as it is heard here. */
export interface SourceEvents {
  events(key: string, batch: EventBatch, bytes: number): void;
  snapshot(key: string, message: SnapshotMessage, bytes: number): void;
  mark(key: string, beat: Beat): void;
  gone(key: string, gone: { source: EventSource; reason: "closed" | "silent" }): void;
}

export interface SourceTableOptions {
  /** Prefixes of types. */
  readonly topics: readonly string[];
  /** Unlike those of other connections. */
  readonly name: string;
  /** 16 hex digits, never the same twice. */
  readonly drawToken: () => string;
  readonly send: (frame: Uint8Array) => void;
  readonly to: SourceEvents;
}

interface KnownSource {
  readonly source: EventSource;
  heardAt: number;
}

export class SourceTable {
  readonly #options: SourceTableOptions;
  readonly #known = new Map<string, KnownSource>();
  /** Known from an earlier connection, and not yet met in this one. */
  readonly #unconfirmed = new Set<string>();
  #token = "";
  #askedAt = Number.NEGATIVE_INFINITY;
  #wokenAt = Number.POSITIVE_INFINITY;
  malformed = 0;

  constructor(options: SourceTableOptions) {
    this.#options = options;
  }

  get sources(): number {
    return this.#known.size;
  }

  /** There is a connection, the first one or a new one: nothing is subscribed there yet. */
  opened(now: number): void {
    const { topics } = this.#options;
    for (const key of this.#known.keys()) this.#unconfirmed.add(key);
    this.#token = "";
    for (const prefix of topics) this.#subscribe(eventTopic(prefix), true);
    this.#subscribe(beatTopic, true);
    this.#ask(now);
  }

  receive(now: number, frames: readonly Uint8Array[]): void {
    const message = decodeEventMessage(frames);
    if (message === undefined) {
      this.malformed += 1;
      return;
    }
    const { bootId } = message.source;
    const bytes = frames[1]?.length ?? 0;
    const known = this.#known.get(bootId);
    if (known !== undefined) known.heardAt = now;
    if (message.kind === "snapshot") this.#snapshot(now, message, bytes);
    else if (message.kind === "beat" && message.isLast) this.#forget(bootId, "closed", message);
    else if (known === undefined || this.#unconfirmed.has(bootId)) this.#askAgain(now);
    else if (message.kind === "beat") this.#options.to.mark(this.#keyOf(bootId), message);
    else if (isChosen(message.type, this.#options.topics))
      this.#options.to.events(this.#keyOf(bootId), message, bytes);
  }

  /** To be called about every second. */
  wake(now: number): void {
    // This process was stuck: what it did not read does not count as silence.
    const wasStuck = now - this.#wokenAt > 2 * eventLimits.beatMs;
    this.#wokenAt = now;
    for (const [bootId, known] of this.#known) {
      if (wasStuck) known.heardAt = now;
      if (now - known.heardAt >= eventLimits.silenceMs) this.#forget(bootId, "silent");
    }
  }

  #snapshot(now: number, message: SnapshotMessage, bytes: number): void {
    if (message.token !== this.#token) return;
    const { source, at, next } = message;
    const { bootId } = source;
    const isConfirmed = this.#known.has(bootId) && !this.#unconfirmed.has(bootId);
    // Another source behind the same proxy was asked, and everybody heard it.
    if (isConfirmed)
      return this.#options.to.mark(this.#keyOf(bootId), { kind: "beat", source, at, next, isLast: false });
    this.#unconfirmed.delete(bootId);
    if (!this.#known.has(bootId)) {
      if (this.#known.size >= eventLimits.sourcesMax) return;
      this.#known.set(bootId, { source, heardAt: now });
    }
    this.#options.to.snapshot(this.#keyOf(bootId), message, bytes);
  }

  #forget(bootId: string, reason: "closed" | "silent", last?: Beat): void {
    const known = this.#known.get(bootId);
    if (known === undefined) return;
    if (last !== undefined && !this.#unconfirmed.has(bootId))
      this.#options.to.mark(this.#keyOf(bootId), last);
    this.#known.delete(bootId);
    this.#unconfirmed.delete(bootId);
    this.#options.to.gone(this.#keyOf(bootId), { source: known.source, reason });
  }

  /** Somebody talks of whom there is no snapshot: it did not see the question, or its answer was lost. */
  #askAgain(now: number): void {
    if (now - this.#askedAt >= eventLimits.askAgainMs) this.#ask(now);
  }

  #ask(now: number): void {
    if (this.#token !== "") this.#subscribe(snapshotTopic(this.#token), false);
    this.#token = this.#options.drawToken();
    this.#askedAt = now;
    // After the subscriptions to events: whoever sees it has seen those.
    this.#subscribe(snapshotTopic(this.#token), true);
  }

  #subscribe(topic: string, isOn: boolean): void {
    this.#options.send(encodeSubscription({ isOn, topic }));
  }

  #keyOf(bootId: string): string {
    return `${this.#options.name}/${bootId}`;
  }
}
