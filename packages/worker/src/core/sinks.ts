/**
 * The sinks that the ventilators have named. One that two of them name is one peer. A sink that nobody names any more is left
 * as soon as nothing is owed to it.
 */
import type { FullSink, SinkAddress } from "@tq/common/wire";
import type { LinkContext } from "./link-context.ts";
import { SinkLink } from "./sink-link.ts";

export class Sinks {
  readonly #context: LinkContext;
  readonly #links = new Map<string, SinkLink>();
  /** By ventilator: the ids it named last. */
  readonly #named: (readonly string[])[] = [];

  constructor(context: LinkContext) {
    this.#context = context;
  }

  /** Those that the worker is full for; another list whenever it changes. */
  get full(): readonly FullSink[] {
    return this.#context.holdings.shares.full;
  }

  /** Looks at what waits for each. What has not started and would need more than its share is given back. */
  refreshShares(): void {
    const { holdings } = this.#context;
    const over = holdings.shares.refresh([...this.#links.values()]);
    if (over.length === 0) return;
    for (const attempt of holdings.accounts.flatMap(({ attempts }) => attempts.all())) {
      const lane = attempt.batch?.lane;
      const isOver = over.some(
        ({ sink, definition }) => lane?.outlet === sink && lane.definition === definition,
      );
      if (attempt.state === "queued" && isOver) holdings.giveBack(attempt);
    }
  }

  get all(): IterableIterator<SinkLink> {
    return this.#links.values();
  }

  find(id: string): SinkLink | undefined {
    return this.#links.get(id);
  }

  /** A ventilator named its sinks. */
  learn(now: number, ventilator: number, addresses: readonly SinkAddress[]): void {
    this.#named[ventilator] = addresses.map(({ id }) => id);
    for (const address of addresses) {
      const known = this.#links.get(address.id);
      if (known === undefined) this.#open(now, address);
      else if (known.endpoint !== address.endpoint) this.#move(known, address.endpoint);
    }
    this.forgetUnnamed();
  }

  forgetUnnamed(): void {
    for (const link of this.#links.values()) {
      if (link.owed > 0 || this.#named.some((ids) => ids.includes(link.id))) continue;
      link.close("no ventilator names this sink any more");
      this.#links.delete(link.id);
      this.#context.port.disconnect(link.channel);
      for (const account of this.#context.holdings.accounts) account.forgetOutlet(link);
    }
  }

  #open(now: number, address: SinkAddress): void {
    const link = new SinkLink(now, this.#context, address);
    this.#links.set(address.id, link);
    this.#context.port.connect(link.channel, address.endpoint);
  }

  #move(link: SinkLink, endpoint: string): void {
    link.endpoint = endpoint;
    this.#context.port.disconnect(link.channel);
    this.#context.port.connect(link.channel, endpoint);
  }
}
