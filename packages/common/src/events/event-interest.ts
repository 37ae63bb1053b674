/** What the subscribers of one publisher want, as its socket tells: prefixes of topics, each once. */
import { eventLimits } from "./limits.ts";
import { beatTopic, eventTopic, parseTopic, type Subscription } from "./topics.ts";

export class EventInterest {
  readonly #topics = new Set<string>();
  /** More than can be remembered: everything is wanted from then on. */
  #isUnknown = false;

  /** Gives the token if it asks for a snapshot. */
  subscribed({ isOn, topic }: Subscription): string | undefined {
    const asked = parseTopic(topic);
    if (asked?.kind === "snapshot") return isOn ? asked.token : undefined;
    if (!isOn) this.#topics.delete(topic);
    else if (this.#topics.size < eventLimits.prefixesMax) this.#topics.add(topic);
    else this.#isUnknown = true;
    return undefined;
  }

  /** There is a new connection: nobody has said anything on it. */
  reset(): void {
    this.#topics.clear();
    this.#isUnknown = false;
  }

  wantsType(type: string): boolean {
    return this.#wants(eventTopic(type));
  }

  get wantsBeats(): boolean {
    return this.#wants(beatTopic);
  }

  #wants(topic: string): boolean {
    if (this.#isUnknown) return true;
    for (const prefix of this.#topics) if (topic.startsWith(prefix)) return true;
    return false;
  }
}
