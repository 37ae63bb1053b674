/** The sockets that a role publishes its events at, as its options say. */
import {
  assertBindAllowed,
  createZeromqTransport,
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

/**
 * Binds and connects what is asked for, and gives where subscribers can connect to this process. Events go over sockets
 * also where everything else does not. The hub closes the links.
 *
 * Errors: `TQ_ERR_INSECURE_BIND`, `TQ_ERR_ADDRESS_IN_USE`, `TQ_ERR_BIND_FAILED`, `TQ_ERR_INVALID_ENDPOINT`.
 */
export async function openEvents(
  hub: EventHub,
  { events, eventsProxy, insecure }: PublishOptions,
  transport: Transport,
): Promise<string | undefined> {
  if (events === undefined && eventsProxy === undefined) return undefined;
  if (events !== undefined) assertBindAllowed(events, { insecure: insecure === true });
  const carrier = carriesEvents(transport) ? transport : createZeromqTransport();
  if (eventsProxy !== undefined) {
    const publisher = hub.addPublisher();
    publisher.attach(carrier.connectEvents("publisher", eventsProxy, publisher.linkOptions));
  }
  if (events === undefined) return undefined;
  const publisher = hub.addPublisher();
  const link = await carrier.bindEvents("publisher", events, publisher.linkOptions);
  publisher.attach(link);
  return link.endpoint;
}

const carriesEvents = (transport: Transport): transport is Transport & EventTransport =>
  "bindEvents" in transport && "connectEvents" in transport;
