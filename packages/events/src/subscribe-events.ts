/**
 * A subscriber: one connection to each address, the events of all sources behind them merged into one loop.
 *
 * It never holds a publisher up. What it does not take waits here, up to a limit, then on the way, up to another; beyond
 * that it is left out for this subscriber alone, and the loop is told how much it was.
 */
import { randomBytes } from "node:crypto";
import { checkKnownOptions, TqError } from "@tq/common/contract";
import { EventReader } from "@tq/common/event-stream";
import { checkTopics, eventLimits, type SourceEvents, SourceTable, type TqEvent } from "@tq/common/events";
import { monotonicNow } from "@tq/common/node";
import {
  createZeromqTransport,
  type EventLink,
  type EventTransport,
  parseConnectEndpoint,
} from "@tq/common/transport";

/** What is subscribed to, and where. */
export interface SubscribeEventsOptions {
  /** Where events are published: `events` of ventilators and sinks, or the subscribers' side of a proxy. Each once. */
  readonly from: readonly string[];
  /** Prefixes of types, such as `task.` or `worker.gone`. Default: all. */
  readonly topics?: readonly string[] | undefined;
}

/** Numbers of a subscription. */
export interface EventSubscriptionStats {
  /** Sources whose snapshot is here, and that are not gone. */
  readonly sources: number;
  /** Endpoints without such a source, and why nobody can be there, where that is known. */
  readonly unheard: readonly { readonly endpoint: string; readonly reason: string | undefined }[];
  /** Events that the loop was told it missed. */
  readonly missed: number;
  /** Messages that were none. */
  readonly malformed: number;
}

/**
 * Events of all sources, to loop over. The first of each source is its `snapshot`; it comes again when contact had been
 * lost. `events.missed` tells how many events of a topic did not arrive, `source.gone` that a source has closed or is not
 * heard any more. Leaving the loop closes the subscription. Two loops at once share the events.
 */
export interface EventSubscription extends AsyncIterable<TqEvent>, AsyncDisposable {
  stats(): EventSubscriptionStats;
  /** Ends the loop after what is here. Harmless twice. */
  close(): Promise<void>;
}

/**
 * Subscribes to events. Returns at once and keeps trying: whether somebody is there is seen from the first event.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_INVALID_ENDPOINT`.
 */
export function subscribeEvents(options: SubscribeEventsOptions): EventSubscription {
  checkKnownOptions("subscribeEvents", options, { from: true, topics: true });
  const { from } = options;
  if (!Array.isArray(from) || from.length === 0) {
    throw new TqError("TQ_ERR_INVALID_OPTION", "from is a list of at least one endpoint", {
      details: { option: "from" },
    });
  }
  const topics = checkTopics(options.topics);
  for (const endpoint of from) parseConnectEndpoint(endpoint);
  return new RunningSubscription([...new Set(from)], topics);
}

class RunningSubscription implements EventSubscription {
  readonly #reader: EventReader;
  readonly #tables: SourceTable[] = [];
  readonly #links: EventLink[] = [];
  /** By endpoint: why nobody can be there. */
  readonly #reasons = new Map<string, string>();
  readonly #wake: NodeJS.Timeout;
  #closing: Promise<void> | undefined;

  constructor(from: readonly string[], topics: readonly string[]) {
    this.#reader = new EventReader(topics, () => void this.close());
    const transport = createZeromqTransport({
      onNobody: ({ endpoint, message }) => this.#reasons.set(endpoint, message),
    });
    for (const endpoint of from) this.#connect(transport, endpoint);
    this.#wake = setInterval(() => this.#tick(), eventLimits.beatMs);
  }

  [Symbol.asyncIterator](): AsyncIterator<TqEvent, undefined> {
    return this.#reader;
  }

  stats(): EventSubscriptionStats {
    const sum = (field: "sources" | "malformed"): number =>
      this.#tables.reduce((total, table) => total + table[field], 0);
    const unheard = this.#links
      .filter((_, index) => this.#tables[index]?.sources === 0)
      .map(({ endpoint }) => ({ endpoint, reason: this.#reasons.get(endpoint) }));
    const { missed } = this.#reader.queue;
    return { sources: sum("sources"), unheard, missed, malformed: sum("malformed") };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connect(transport: EventTransport, endpoint: string): void {
    const table = new SourceTable({
      topics: this.#reader.topics,
      name: String(this.#tables.length),
      drawToken: () => randomBytes(8).toString("hex"),
      send: (frame) => link.send([frame]),
      to: this.#into(),
    });
    const link = transport.connectEvents("subscriber", endpoint, {
      receive: (frames) => {
        table.receive(monotonicNow(), frames);
        this.#reader.wake();
      },
      opened: () => {
        this.#reasons.delete(endpoint);
        table.opened(monotonicNow());
      },
    });
    this.#tables.push(table);
    this.#links.push(link);
  }

  #into(): SourceEvents {
    const { queue } = this.#reader;
    return {
      events: (key, batch, bytes) => queue.pushEvents(key, batch, bytes),
      snapshot: (key, message, bytes) => queue.pushSnapshot(key, message, bytes),
      mark: (key, { source, at, next }) => queue.pushMark(key, { source, at, next }),
      gone: (key, { source, reason }) => queue.pushGone(key, { source, reason, at: Date.now() }),
    };
  }

  #tick(): void {
    const now = monotonicNow();
    for (const table of this.#tables) table.wake(now);
    this.#reader.wake();
  }

  async #close(): Promise<void> {
    clearInterval(this.#wake);
    this.#reader.end();
    await Promise.all(this.#links.map((link) => link.close()));
  }
}
