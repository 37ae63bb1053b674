/** A subscriber that reads everything as it comes: looked through, or waited for. */
import {
  type EventSubscription,
  type SubscribeEventsOptions,
  subscribeEvents,
  type TqEvent,
} from "@tq/events";
import { EventLog } from "./event-log.ts";

export class Subscriber implements AsyncDisposable {
  readonly events = new EventLog<TqEvent>();
  readonly subscription: EventSubscription;
  readonly ended: Promise<void>;

  constructor(options: SubscribeEventsOptions) {
    this.subscription = subscribeEvents(options);
    this.ended = this.#read();
  }

  /** Types in order, those of one source if it is named. */
  types(sourceName?: string): string[] {
    const fits = ({ source }: TqEvent): boolean => sourceName === undefined || source.name === sourceName;
    return this.events.all.filter(fits).map(({ type }) => type);
  }

  /** The snapshot of a source by its name: the first, or the `count`-th. */
  snapshot(name: string, count = 1) {
    return this.events.next("snapshot", { fits: ({ source }) => source.name === name, count });
  }

  /** Events that it was told it missed. */
  get missed(): number {
    return this.events.of("events.missed").reduce((sum, { count }) => sum + count, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.subscription.close();
    await this.ended;
  }

  async #read(): Promise<void> {
    for await (const event of this.subscription) this.events.push(event);
  }
}
