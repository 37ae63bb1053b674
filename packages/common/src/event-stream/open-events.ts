/** The sockets that a role publishes its events at, as its options say. */
import type { TqLogger } from "../node/index.ts";
import {
  assertBindAllowed,
  createZeromqTransport,
  type EventLinkOptions,
  type EventTransport,
  type Transport,
} from "../transport/index.ts";
import type { EventHub } from "./event-hub.ts";

export interface PublishOptions {
  /** Subscribers connect here. */
  readonly events?: string | undefined;
  /** Publishers' side of a proxy. */
  readonly eventsProxy?: string | undefined;
  readonly insecure?: boolean | undefined;
}

/** What carries events, and who is told of the proxy. */
export interface EventCarrier {
  readonly transport: Transport;
  readonly log: Pick<TqLogger, "info" | "warn">;
}

/**
 * Binds and connects what is asked for, and gives where subscribers can connect to this process. Events go over sockets
 * also where everything else does not. The hub closes the links.
 *
 * Errors: `TQ_ERR_INSECURE_BIND`, `TQ_ERR_ADDRESS_IN_USE`, `TQ_ERR_BIND_FAILED`, `TQ_ERR_INVALID_ENDPOINT`.
 */
export async function openEvents(
  hub: EventHub,
  { events, eventsProxy, insecure }: PublishOptions,
  { transport, log }: EventCarrier,
): Promise<string | undefined> {
  if (events === undefined && eventsProxy === undefined) return undefined;
  if (events !== undefined) assertBindAllowed(events, { insecure: insecure === true });
  const carrier = carriesEvents(transport) ? transport : createZeromqTransport();
  if (eventsProxy !== undefined) {
    const publisher = hub.addPublisher();
    const watched = watchProxy(publisher.linkOptions, { endpoint: eventsProxy, log });
    publisher.attach(carrier.connectEvents("publisher", eventsProxy, watched));
  }
  if (events === undefined) return undefined;
  const publisher = hub.addPublisher();
  const link = await carrier.bindEvents("publisher", events, publisher.linkOptions);
  publisher.attach(link);
  return link.endpoint;
}

/** Says once that nobody is there, and once that somebody is: what goes nowhere would go unnoticed. */
function watchProxy(
  { receive, opened, ended }: EventLinkOptions,
  { endpoint, log }: Pick<EventCarrier, "log"> & { readonly endpoint: string },
): EventLinkOptions {
  let isThere: boolean | undefined;
  return {
    receive,
    opened: () => {
      isThere = true;
      log.info({ endpoint }, `publishing events at the proxy ${endpoint}`);
      opened?.();
    },
    ended: () => {
      if (isThere !== false) log.warn({ endpoint }, `no event proxy at ${endpoint}; trying on`);
      isThere = false;
      ended?.();
    },
  };
}

const carriesEvents = (transport: Transport): transport is Transport & EventTransport =>
  "bindEvents" in transport && "connectEvents" in transport;
