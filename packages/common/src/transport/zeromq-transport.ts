/**
 * Links over ZeroMQ: tcp between machines, ipc within one. A bound end is a ROUTER, a connected one a DEALER; each
 * transport has a context, and so I/O threads, of its own. Make one per node: its threads last as long as the process.
 *
 * Received frames of less than 8 KiB share a block of about 18 KiB that lives as long as any of them: copy what is kept
 * for long.
 */
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TqError } from "../contract/index.ts";
import { type Endpoint, formatEndpoint, parseConnectEndpoint, parseEndpoint } from "./endpoint.ts";
import type { EventLink, EventLinkOptions, EventLinkSide, EventTransport } from "./event-links.ts";
import { Gate } from "./gate.ts";
import { isIpcInUse } from "./ipc-in-use.ts";
import type { KeptConnectionPort } from "./kept-connection.ts";
import { linkLimits } from "./limits.ts";
import type {
  BindOptions,
  ClientLink,
  ConnectOptions,
  PullLink,
  PullOptions,
  PushLink,
  PushOptions,
  ServerLink,
  Transport,
} from "./link.ts";
import { OpenLinks } from "./open-links.ts";
import { addressInUse } from "./zeromq-bind.ts";
import { ZeromqClientLink } from "./zeromq-client-link.ts";
import { type ConnectionHandlers, type ConnectionSocket, ZeromqConnection } from "./zeromq-connection.ts";
import { bindEventLink, ConnectedEventLink } from "./zeromq-event-links.ts";
import { bindPullLink, ConnectedPullLink } from "./zeromq-pull-links.ts";
import { bindPushLink, ConnectedPushLink } from "./zeromq-push-links.ts";
import { bindServerLink } from "./zeromq-server-link.ts";
import {
  createContext,
  createDealer,
  createPull,
  createPush,
  createRouter,
  createXPublisher,
  createXSubscriber,
  type SocketSettings,
  type XPublisher,
  type XSubscriber,
} from "./zeromq-sockets.ts";

export interface ZeromqOptions {
  /** What was handed over has this long to leave when a link closes, in ms. Default 250. */
  readonly lingerMs?: number | undefined;
  /** A peer that sends a larger frame is disconnected. In bytes; default 64 MiB. */
  readonly frameBytesMax?: number | undefined;
  /** Messages on their way to one peer; more are dropped. Default 64. */
  readonly pipeMessagesMax?: number | undefined;
  /** From a connection to the end of its handshake, at most, in ms; what takes longer is no peer. Default 5,000. */
  readonly handshakeMs?: number | undefined;
  /** A client that has heard its server and then nothing for this long, in ms, connects anew. Default 30,000. */
  readonly silenceMs?: number | undefined;
  /** For the waits between attempts to connect. Evenly distributed in [0, 1); default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

const createEnd = { publisher: createXPublisher, subscriber: createXSubscriber };

export function createZeromqTransport(options: ZeromqOptions = {}): Transport & EventTransport {
  return new ZeromqTransport(options);
}

interface ConnectableOptions<Socket extends ConnectionSocket> {
  readonly create: (useIpv6: boolean) => Socket;
  readonly gate?: Gate | undefined;
  /** Default: for ever. What only flows one way may be silent for as long as there is nothing to do. */
  readonly silenceMs?: number | undefined;
}

class ZeromqTransport implements Transport, EventTransport {
  readonly #settings: SocketSettings;
  readonly #random: () => number;
  readonly #silenceMs: number;
  readonly #open = new OpenLinks();

  constructor(options: ZeromqOptions) {
    this.#random = options.random ?? Math.random;
    this.#silenceMs = options.silenceMs ?? linkLimits.silenceMs;
    this.#settings = {
      context: createContext(),
      lingerMs: options.lingerMs ?? linkLimits.lingerMs,
      frameBytesMax: options.frameBytesMax ?? linkLimits.frameBytesMax,
      handshakeMs: options.handshakeMs ?? linkLimits.handshakeMs,
      pipeMessagesMax: options.pipeMessagesMax ?? linkLimits.pipeMessagesMax,
    };
  }

  async bind(endpoint: string, options: BindOptions): Promise<ServerLink> {
    const { parsed, address } = await this.#bindable(endpoint);
    const socket = createRouter(this.#settings, isIpv6(parsed));
    return this.#open.keep(await bindServerLink(socket, address, options));
  }

  connect(endpoint: string, options: ConnectOptions): ClientLink {
    const port = this.#connectable(endpoint, {
      create: (useIpv6) => createDealer(this.#settings, useIpv6),
      silenceMs: this.#silenceMs,
    });
    return this.#open.keep(new ZeromqClientLink(port, options));
  }

  async bindPush(endpoint: string, options: PushOptions): Promise<PushLink> {
    const { parsed, address } = await this.#bindable(endpoint);
    const socket = createPush(this.#settings, { useIpv6: isIpv6(parsed), isBound: true });
    return this.#open.keep(await bindPushLink(socket, address, options));
  }

  async bindPull(endpoint: string, options: PullOptions): Promise<PullLink> {
    const { parsed, address } = await this.#bindable(endpoint);
    const socket = createPull(this.#settings, { useIpv6: isIpv6(parsed), isBound: true });
    return this.#open.keep(await bindPullLink(socket, address, options));
  }

  connectPush(endpoint: string, options: PushOptions): PushLink {
    const port = this.#connectable(endpoint, {
      create: (useIpv6) => createPush(this.#settings, { useIpv6, isBound: false }),
    });
    return this.#open.keep(new ConnectedPushLink(endpoint, port, options));
  }

  connectPull(endpoint: string, options: PullOptions): PullLink {
    const gate = new Gate();
    const port = this.#connectable(endpoint, {
      create: (useIpv6) => createPull(this.#settings, { useIpv6, isBound: false }),
      gate,
    });
    return this.#open.keep(new ConnectedPullLink({ ...port, endpoint, gate }, options));
  }

  async bindEvents(side: EventLinkSide, endpoint: string, options: EventLinkOptions): Promise<EventLink> {
    const { parsed, address } = await this.#bindable(endpoint);
    const socket = createEnd[side](this.#settings, { useIpv6: isIpv6(parsed), isBound: true });
    return this.#open.keep(await bindEventLink(socket, address, options));
  }

  connectEvents(side: EventLinkSide, endpoint: string, options: EventLinkOptions): EventLink {
    const port = this.#connectable<XPublisher | XSubscriber>(endpoint, {
      create: (useIpv6) => createEnd[side](this.#settings, { useIpv6, isBound: false }),
      // A source beats every second; subscriptions come when they come.
      ...(side === "subscriber" && { silenceMs: this.#silenceMs }),
    });
    return this.#open.keep(new ConnectedEventLink(endpoint, port, options));
  }

  async #bindable(endpoint: string): Promise<{ parsed: Endpoint; address: string }> {
    const parsed = resolved(served(endpoint, parseEndpoint(endpoint)));
    if (parsed.kind === "ipc" && (await isIpcInUse(parsed.path))) throw addressInUse(endpoint);
    return { parsed, address: formatEndpoint(parsed) };
  }

  /** How connections to an endpoint are made. */
  #connectable<Socket extends ConnectionSocket>(
    endpoint: string,
    { create, gate, silenceMs = Number.POSITIVE_INFINITY }: ConnectableOptions<Socket>,
  ): KeptConnectionPort<Socket> {
    const parsed = served(endpoint, parseConnectEndpoint(endpoint));
    const address = formatEndpoint(parsed);
    const { handshakeMs } = this.#settings;
    const connect = (handlers: ConnectionHandlers) => {
      const socket = create(isIpv6(parsed));
      return new ZeromqConnection({ socket, address, handshakeMs, silenceMs, gate }, handlers);
    };
    return { connect, random: this.#random };
  }

  /** The library gives no way to end a context before the process does. */
  close(): Promise<void> {
    return this.#open.closeAll();
  }
}

/** As ZeroMQ takes it: localhost is IPv4's, so that no name has to be looked up in the I/O thread. */
function served(text: string, endpoint: Endpoint): Endpoint {
  if (endpoint.kind === "tcp" && endpoint.host === "localhost") return { ...endpoint, host: "127.0.0.1" };
  if (endpoint.kind === "tcp" || endpoint.kind === "ipc") return endpoint;
  throw new TqError(
    "TQ_ERR_INVALID_ENDPOINT",
    `Endpoint "${text}": ${endpoint.kind} is not served between processes; it must be tcp://HOST:PORT or ipc://PATH.`,
    { details: { endpoint: text } },
  );
}

/** The library would put the socket of a wildcard into the current folder. */
function resolved(endpoint: Endpoint): Endpoint {
  if (endpoint.kind !== "ipc" || endpoint.path !== "*") return endpoint;
  return { kind: "ipc", path: join(tmpdir(), `tq-${randomUUID()}.sock`) };
}

const isIpv6 = (endpoint: Endpoint): boolean => endpoint.kind === "tcp" && endpoint.host.includes(":");
