/**
 * Links over ZeroMQ: tcp between machines, ipc within one. (inproc, within one process, is not ZeroMQ's.) A bound end is a ROUTER, a connected one a DEALER; each
 * transport has a context, and so I/O threads, of its own, which the next one inherits when it closes. Make one per node.
 *
 * Received frames of less than 8 KiB share a block of about 18 KiB that lives as long as one of them does: copy what is kept
 * for long.
 */

import { checkLinkLimits } from "./check-limits.ts";
import { type Endpoint, parseConnectEndpoint, parseEndpoint } from "./endpoint.ts";
import type { EventLink, EventLinkOptions, EventLinkSide, EventTransport } from "./event-links.ts";
import { Gate } from "./gate.ts";
import { type LookUp, type NobodyThere, systemLookUp } from "./host-names.ts";
import { InprocLinks } from "./inproc-transport.ts";
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
import { ZeromqClientLink } from "./zeromq-client-link.ts";
import { bindEventLink, ConnectedEventLink } from "./zeromq-event-links.ts";
import { Places } from "./zeromq-places.ts";
import { bindPullLink, ConnectedPullLink } from "./zeromq-pull-links.ts";
import { bindPushLink, ConnectedPushLink } from "./zeromq-push-links.ts";
import { bindServerLink } from "./zeromq-server-link.ts";
import {
  type Context,
  createDealer,
  createPull,
  createPush,
  createRouter,
  createXPublisher,
  createXSubscriber,
  giveBackContext,
  type SocketSettings,
  takeContext,
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
  /** A client that has heard its server and then nothing for this long, in ms, connects anew. Default 24,000. */
  readonly silenceMs?: number | undefined;
  /** For the waits between attempts to connect. Evenly distributed in [0, 1); default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Finds the addresses of host names. Default: as the machine does. */
  readonly lookUp?: LookUp | undefined;
  /** There is nobody at an endpoint to connect to. Said once for each reason until there is; looking goes on. */
  readonly onNobody?: ((nobody: NobodyThere) => void) | undefined;
}

const unboundMessage = "nobody in this process has bound it, and inproc reaches no other";

const createEnd = { publisher: createXPublisher, subscriber: createXSubscriber };

export function createZeromqTransport(options: ZeromqOptions = {}): Transport & EventTransport {
  checkLinkLimits();
  return new ZeromqTransport(options);
}

class ZeromqTransport implements Transport, EventTransport {
  readonly #settings: SocketSettings;
  readonly #places: Places;
  readonly #silenceMs: number;
  readonly #inproc: InprocLinks;
  readonly #open = new OpenLinks();
  #context: Context | undefined;

  constructor(options: ZeromqOptions) {
    this.#silenceMs = options.silenceMs ?? linkLimits.silenceMs;
    const takeOnce = (): Context => {
      this.#context ??= takeContext();
      return this.#context;
    };
    this.#settings = {
      // Its threads are not needed for inproc alone.
      get context() {
        return takeOnce();
      },
      lingerMs: options.lingerMs ?? linkLimits.lingerMs,
      frameBytesMax: options.frameBytesMax ?? linkLimits.frameBytesMax,
      handshakeMs: options.handshakeMs ?? linkLimits.handshakeMs,
      pipeMessagesMax: options.pipeMessagesMax ?? linkLimits.pipeMessagesMax,
    };
    const { onNobody = () => {} } = options;
    this.#places = new Places({
      handshakeMs: this.#settings.handshakeMs,
      random: options.random ?? Math.random,
      lookUp: options.lookUp ?? systemLookUp,
      onNobody,
    });
    this.#inproc = new InprocLinks({
      pipeMessagesMax: this.#settings.pipeMessagesMax,
      silenceMs: this.#silenceMs,
      unanswered: (endpoint) => onNobody({ endpoint, code: "UNBOUND", message: unboundMessage }),
    });
  }

  async bind(endpoint: string, options: BindOptions): Promise<ServerLink> {
    const name = inprocName(parseEndpoint(endpoint));
    if (name !== undefined) return this.#open.keep(await this.#inproc.bind(name, options));
    const { address, useIpv6 } = await this.#places.bindable(endpoint);
    const socket = createRouter(this.#settings, useIpv6);
    return this.#open.keep(await bindServerLink(socket, address, options));
  }

  connect(endpoint: string, options: ConnectOptions): ClientLink {
    const name = inprocName(parseConnectEndpoint(endpoint));
    if (name !== undefined) return this.#open.keep(this.#inproc.connect(name, options));
    const port = this.#places.connectable(endpoint, {
      create: (useIpv6) => createDealer(this.#settings, useIpv6),
      silenceMs: this.#silenceMs,
    });
    return this.#open.keep(new ZeromqClientLink(port, options));
  }

  async bindPush(endpoint: string, options: PushOptions): Promise<PushLink> {
    const name = inprocName(parseEndpoint(endpoint));
    if (name !== undefined) return this.#open.keep(await this.#inproc.bindPush(name, options));
    const { address, useIpv6 } = await this.#places.bindable(endpoint);
    const socket = createPush(this.#settings, { useIpv6, isBound: true });
    return this.#open.keep(await bindPushLink(socket, address, options));
  }

  async bindPull(endpoint: string, options: PullOptions): Promise<PullLink> {
    const name = inprocName(parseEndpoint(endpoint));
    if (name !== undefined) return this.#open.keep(await this.#inproc.bindPull(name, options));
    const { address, useIpv6 } = await this.#places.bindable(endpoint);
    const socket = createPull(this.#settings, { useIpv6, isBound: true });
    return this.#open.keep(await bindPullLink(socket, address, options));
  }

  connectPush(endpoint: string, options: PushOptions): PushLink {
    const name = inprocName(parseConnectEndpoint(endpoint));
    if (name !== undefined) return this.#open.keep(this.#inproc.connectPush(name, options));
    const port = this.#places.connectable(endpoint, {
      create: (useIpv6) => createPush(this.#settings, { useIpv6, isBound: false }),
    });
    return this.#open.keep(new ConnectedPushLink(endpoint, port, options));
  }

  connectPull(endpoint: string, options: PullOptions): PullLink {
    const name = inprocName(parseConnectEndpoint(endpoint));
    if (name !== undefined) return this.#open.keep(this.#inproc.connectPull(name, options));
    const gate = new Gate();
    const port = this.#places.connectable(endpoint, {
      create: (useIpv6) => createPull(this.#settings, { useIpv6, isBound: false }),
      gate,
    });
    return this.#open.keep(new ConnectedPullLink({ ...port, endpoint, gate }, options));
  }

  async bindEvents(side: EventLinkSide, endpoint: string, options: EventLinkOptions): Promise<EventLink> {
    const { address, useIpv6 } = await this.#places.bindable(endpoint);
    const socket = createEnd[side](this.#settings, { useIpv6, isBound: true });
    return this.#open.keep(await bindEventLink(socket, address, options));
  }

  connectEvents(side: EventLinkSide, endpoint: string, options: EventLinkOptions): EventLink {
    const port = this.#places.connectable<XPublisher | XSubscriber>(endpoint, {
      create: (useIpv6) => createEnd[side](this.#settings, { useIpv6, isBound: false }),
      // A source beats every second; subscriptions come when they come.
      ...(side === "subscriber" && { silenceMs: this.#silenceMs }),
    });
    return this.#open.keep(new ConnectedEventLink(endpoint, port, options));
  }

  async close(): Promise<void> {
    await this.#open.closeAll();
    const context = this.#context;
    this.#context = undefined;
    if (context !== undefined) giveBackContext(context);
  }
}

const inprocName = (endpoint: Endpoint): string | undefined =>
  endpoint.kind === "inproc" ? endpoint.name : undefined;
