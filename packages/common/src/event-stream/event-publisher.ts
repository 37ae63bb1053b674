/** One socket that events leave by: who wants what there, and who waits for a snapshot. */
import {
  decodeSubscription,
  EventInterest,
  type EventMessage,
  encodeEventMessage,
  eventLimits,
} from "../events/index.ts";
import { monotonicNow } from "../node/index.ts";
import type { EventLink, EventLinkOptions, Frames } from "../transport/index.ts";

export interface PublisherHandlers {
  /** What is wanted has changed. */
  interest(): void;
  /** Somebody can be given a snapshot. */
  asked(): void;
}

export class EventPublisher {
  readonly interest = new EventInterest();
  readonly #handlers: PublisherHandlers;
  #link: EventLink | undefined;
  /** Who asked for a snapshot and has not got it. */
  #tokens: string[] = [];
  /** What came in that is no subscription. */
  malformed = 0;

  constructor(handlers: PublisherHandlers) {
    this.#handlers = handlers;
  }

  /** For the link that it is attached to. */
  readonly linkOptions: EventLinkOptions = {
    receive: (frames) => this.#receive(frames),
    opened: () => this.#handlers.asked(),
    ended: () => {
      this.#tokens = [];
      this.interest.ended(monotonicNow());
    },
  };

  attach(link: EventLink): void {
    this.#link = link;
    // Somebody may have been quicker.
    this.#handlers.asked();
  }

  /** Somebody can be given a snapshot. */
  get isAsked(): boolean {
    return this.isOpen && this.#tokens.length > 0;
  }

  get isOpen(): boolean {
    return this.#link?.isOpen === true;
  }

  /** Those who can be answered now. They are taken to be. */
  takeTokens(): readonly string[] {
    if (!this.isOpen) return [];
    const tokens = this.#tokens;
    this.#tokens = [];
    return tokens;
  }

  publish(message: EventMessage): void {
    this.send(encodeEventMessage(message));
  }

  send(frames: Frames): void {
    this.#link?.send(frames);
  }

  /** To be called about every second. */
  wake(): void {
    if (this.interest.wake(monotonicNow())) this.#handlers.interest();
  }

  async close(): Promise<void> {
    await this.#link?.close();
  }

  #receive(frames: Frames): void {
    const subscription = decodeSubscription(frames);
    if (subscription === undefined) {
      this.malformed += 1;
      return;
    }
    const token = this.interest.subscribed(monotonicNow(), subscription);
    if (token === undefined) return this.#handlers.interest();
    // Who is left out asks again.
    if (this.#tokens.length < eventLimits.askersMax) this.#tokens.push(token);
    this.#handlers.asked();
  }
}
