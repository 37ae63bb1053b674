/**
 * What the subscribers of one publisher want, as its socket tells: prefixes of topics, each once. Only those are remembered
 * that something here begins with, so strangers cannot make it remember more than there are.
 *
 * Who leaves may only have lost its connection. So what it wanted is numbered for as long as it would remember this source:
 * when it is back, it can tell how much it missed.
 */
import { eventTypes } from "./event-types.ts";
import { eventLimits } from "./limits.ts";
import { beatTopic, eventTopic, parseTopic, type Subscription } from "./topics.ts";

/** Of everything that is published unasked. */
const topics: readonly string[] = [beatTopic, ...eventTypes.map(eventTopic)];

export class EventInterest {
  /** By topic: until when, where nobody wants it any more. */
  readonly #topics = new Map<string, number>();

  /** Gives the token if it asks for a snapshot. */
  subscribed(now: number, { isOn, topic }: Subscription): string | undefined {
    const asked = parseTopic(topic);
    if (asked?.kind === "snapshot") return isOn ? asked.token : undefined;
    if (!isOn) this.#leave(now, topic);
    else if (topics.some((own) => own.startsWith(topic))) this.#topics.set(topic, Number.POSITIVE_INFINITY);
    return undefined;
  }

  /** The connection is over that all of them came by. */
  ended(now: number): void {
    for (const topic of this.#topics.keys()) this.#leave(now, topic);
  }

  /** Forgets those who have not come back. To be called about every second; gives whether it changed anything. */
  wake(now: number): boolean {
    const before = this.#topics.size;
    for (const [topic, until] of this.#topics) if (until <= now) this.#topics.delete(topic);
    return this.#topics.size < before;
  }

  wantsType(type: string): boolean {
    return this.#wants(eventTopic(type));
  }

  get wantsBeats(): boolean {
    return this.#wants(beatTopic);
  }

  #wants(topic: string): boolean {
    for (const prefix of this.#topics.keys()) if (topic.startsWith(prefix)) return true;
    return false;
  }

  #leave(now: number, topic: string): void {
    if (this.#topics.get(topic) === Number.POSITIVE_INFINITY)
      this.#topics.set(topic, now + eventLimits.silenceMs);
  }
}
