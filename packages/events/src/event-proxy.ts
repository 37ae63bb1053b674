/**
 * Gives many publishers one address: publishers connect to one side, subscribers to the other, and neither needs to know
 * who is there. It passes on what is said and understands nothing of it, so it need not be of the same version.
 */
import { checkKnownOptions } from "@tq/common/contract";
import { decodeSubscription } from "@tq/common/events";
import {
  assertBindAllowed,
  createZeromqTransport,
  type EventLink,
  parseEndpoint,
} from "@tq/common/transport";

/** How an event proxy is started. */
export interface EventProxyOptions {
  /** Bound here for publishers: ventilators and sinks with this as `eventsProxy`. Port `*` takes a free one. */
  readonly publishers: string;
  /** Bound here for subscribers. */
  readonly subscribers: string;
  /** Allows to bind beyond the loopback, without encryption. Default false. */
  readonly insecure?: boolean | undefined;
}

/** Numbers of an event proxy since its start. */
export interface EventProxyStats {
  /** Messages from publishers, of up to 256 events each. */
  readonly messages: number;
  /** Times that somebody was the first to subscribe to something, or the last to leave it. */
  readonly subscriptions: number;
  /** What came from subscribers and was no subscription. Not passed on. */
  readonly malformed: number;
}

/** A running event proxy. It keeps nothing: whoever comes back after its end asks for snapshots again. */
export interface EventProxy extends AsyncDisposable {
  /** Resolved: a wildcard port is the one that was taken. */
  readonly endpoints: { readonly publishers: string; readonly subscribers: string };
  stats(): EventProxyStats;
  /** Frees both endpoints. Harmless twice. */
  close(): Promise<void>;
  /** Resolves once it is closed. */
  readonly closed: Promise<void>;
}

/**
 * Starts an event proxy.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_INVALID_ENDPOINT`, `TQ_ERR_INSECURE_BIND`, `TQ_ERR_ADDRESS_IN_USE`,
 * `TQ_ERR_BIND_FAILED`.
 */
export async function startEventProxy(options: EventProxyOptions): Promise<EventProxy> {
  checkKnownOptions("startEventProxy", options, { publishers: true, subscribers: true, insecure: true });
  const { publishers, subscribers, insecure = false } = options;
  for (const endpoint of [publishers, subscribers]) {
    parseEndpoint(endpoint);
    assertBindAllowed(endpoint, { insecure });
  }
  const proxy = new RunningProxy();
  try {
    await proxy.open(publishers, subscribers);
  } catch (error) {
    await proxy.close();
    throw error;
  }
  return proxy;
}

class RunningProxy implements EventProxy {
  readonly #transport = createZeromqTransport();
  readonly #closed = Promise.withResolvers<void>();
  #toPublishers: EventLink | undefined;
  #toSubscribers: EventLink | undefined;
  #subscriptions = 0;
  #malformed = 0;
  #closing: Promise<void> | undefined;

  get endpoints(): EventProxy["endpoints"] {
    return {
      publishers: this.#toPublishers?.endpoint ?? "",
      subscribers: this.#toSubscribers?.endpoint ?? "",
    };
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  async open(publishers: string, subscribers: string): Promise<void> {
    // In this order: a subscription that came before there is somebody to pass it on to would be lost.
    this.#toPublishers = await this.#transport.bindEvents("subscriber", publishers, {
      receive: (frames) => this.#toSubscribers?.send(frames),
    });
    this.#toSubscribers = await this.#transport.bindEvents("publisher", subscribers, {
      receive: (frames) => {
        if (decodeSubscription(frames) === undefined) {
          this.#malformed += 1;
          return;
        }
        this.#subscriptions += 1;
        this.#toPublishers?.send(frames);
      },
    });
  }

  stats(): EventProxyStats {
    const messages = this.#toPublishers?.stats().received ?? 0;
    return { messages, subscriptions: this.#subscriptions, malformed: this.#malformed };
  }

  close(): Promise<void> {
    this.#closing ??= this.#transport.close().then(() => this.#closed.resolve());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
