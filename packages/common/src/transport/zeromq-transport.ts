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
import { isIpcInUse } from "./ipc-in-use.ts";
import { linkLimits } from "./limits.ts";
import type { BindOptions, ClientLink, ConnectOptions, ServerLink, Transport } from "./link.ts";
import { OpenLinks } from "./open-links.ts";
import { ZeromqClientLink } from "./zeromq-client-link.ts";
import { type ConnectionHandlers, ZeromqConnection } from "./zeromq-connection.ts";
import { addressInUse, bindServerLink } from "./zeromq-server-link.ts";
import { createContext, createDealer, createRouter, type SocketSettings } from "./zeromq-sockets.ts";

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

export function createZeromqTransport(options: ZeromqOptions = {}): Transport {
  return new ZeromqTransport(options);
}

class ZeromqTransport implements Transport {
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
    const parsed = resolved(served(endpoint, parseEndpoint(endpoint)));
    if (parsed.kind === "ipc" && (await isIpcInUse(parsed.path))) throw addressInUse(endpoint);
    const socket = createRouter(this.#settings, isIpv6(parsed));
    return this.#open.keep(await bindServerLink(socket, formatEndpoint(parsed), options));
  }

  connect(endpoint: string, options: ConnectOptions): ClientLink {
    const parsed = served(endpoint, parseConnectEndpoint(endpoint));
    const address = formatEndpoint(parsed);
    const { handshakeMs } = this.#settings;
    const connect = (handlers: ConnectionHandlers) => {
      const socket = createDealer(this.#settings, isIpv6(parsed));
      return new ZeromqConnection({ socket, address, handshakeMs, silenceMs: this.#silenceMs }, handlers);
    };
    return this.#open.keep(new ZeromqClientLink({ connect, random: this.#random }, options));
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
