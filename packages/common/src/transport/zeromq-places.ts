/** Where sockets are bound and connected: endpoints as users write them, and how ZeroMQ wants them. */
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TqError } from "../contract/index.ts";
import {
  type Endpoint,
  formatEndpoint,
  type IpcEndpoint,
  parseConnectEndpoint,
  parseEndpoint,
  type TcpEndpoint,
} from "./endpoint.ts";
import type { Gate } from "./gate.ts";
import { assertBindable, isAddress, type LookUp, type NobodyThere } from "./host-names.ts";
import { assertIpcBindable } from "./ipc-path.ts";
import type { KeptConnectionPort } from "./kept-connection.ts";
import { NamedConnection } from "./named-connection.ts";
import { type ConnectionHandlers, type ConnectionSocket, ZeromqConnection } from "./zeromq-connection.ts";
import { errorCode } from "./zeromq-sockets.ts";

export interface PlacesOptions {
  readonly handshakeMs: number;
  /** Evenly distributed in [0, 1). */
  readonly random: () => number;
  readonly lookUp: LookUp;
  readonly onNobody: (nobody: NobodyThere) => void;
}

export interface BindPlace {
  readonly address: string;
  readonly useIpv6: boolean;
}

export interface ConnectableOptions<Socket extends ConnectionSocket> {
  readonly create: (useIpv6: boolean) => Socket;
  readonly gate?: Gate | undefined;
  /** Default: for ever. What only flows one way may be silent for as long as there is nothing to do. */
  readonly silenceMs?: number | undefined;
}

type Place = TcpEndpoint | IpcEndpoint;

export class Places {
  readonly #options: PlacesOptions;
  /** By endpoint: what was said last of a name that could not be looked up. */
  readonly #saidOf = new Map<string, string>();
  /** Under way, by host. */
  readonly #lookUps = new Map<string, Promise<readonly string[]>>();

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** Errors: `TQ_ERR_INVALID_ENDPOINT`, `TQ_ERR_ADDRESS_IN_USE`, `TQ_ERR_BIND_FAILED`. */
  async bindable(endpoint: string): Promise<BindPlace> {
    const place = drawn(served(endpoint, parseEndpoint(endpoint)));
    if (place.kind === "tcp") assertBindable(endpoint, place);
    else await assertIpcBindable(endpoint, place.path);
    return { address: formatEndpoint(place), useIpv6: isIpv6(place) };
  }

  /** How connections to an endpoint are made. Errors: `TQ_ERR_INVALID_ENDPOINT`, thrown. */
  connectable<Socket extends ConnectionSocket>(
    endpoint: string,
    { create, gate, silenceMs = Number.POSITIVE_INFINITY }: ConnectableOptions<Socket>,
  ): KeptConnectionPort<Socket> {
    const place = served(endpoint, parseConnectEndpoint(endpoint));
    const { handshakeMs, random } = this.#options;
    const connectTo = (to: Place, handlers: ConnectionHandlers) => {
      const socket = create(isIpv6(to));
      const address = formatEndpoint(to);
      return new ZeromqConnection({ socket, address, handshakeMs, silenceMs, gate }, handlers);
    };
    if (place.kind === "ipc" || isAddress(place.host)) {
      return { connect: (handlers) => connectTo(place, handlers), random };
    }
    const connect = (host: string, handlers: ConnectionHandlers) => connectTo({ ...place, host }, handlers);
    const lookUp = () => this.#lookUp(endpoint, place.host);
    const unresolved = (error: unknown) => this.#sayUnresolved(endpoint, error);
    return { connect: (handlers) => new NamedConnection({ lookUp, connect, unresolved }, handlers), random };
  }

  /**
   * One lookup for all who wait for the same name: each takes one of Node's few threads for as long as the name servers do not
   * answer, and a user's file access needs them, too.
   */
  async #lookUp(endpoint: string, host: string): Promise<readonly string[]> {
    const underWay =
      this.#lookUps.get(host) ?? this.#options.lookUp(host).finally(() => this.#lookUps.delete(host));
    this.#lookUps.set(host, underWay);
    const addresses = await underWay;
    if (addresses.length === 0) throw new Error(`${host} has no address`);
    this.#saidOf.delete(endpoint);
    return addresses;
  }

  /** Once for each reason, until it is found: trying goes on several times a second. */
  #sayUnresolved(endpoint: string, error: unknown): void {
    const code = errorCode(error) ?? "unknown";
    if (this.#saidOf.get(endpoint) === code) return;
    this.#saidOf.set(endpoint, code);
    const message = error instanceof Error ? error.message : String(error);
    this.#options.onNobody({ endpoint, code, message });
  }
}

/** localhost is IPv4's loopback, on every machine and without a lookup. */
function served(text: string, endpoint: Endpoint): Place {
  const isLocalhost = endpoint.kind === "tcp" && endpoint.host.toLowerCase() === "localhost";
  if (isLocalhost) return { ...endpoint, host: "127.0.0.1" };
  if (endpoint.kind === "tcp" || endpoint.kind === "ipc") return endpoint;
  throw new TqError(
    "TQ_ERR_INVALID_ENDPOINT",
    `Endpoint "${text}": ${endpoint.kind} is not served here; it must be tcp://HOST:PORT or ipc://PATH.`,
    { details: { endpoint: text } },
  );
}

/** The library would put the socket of a wildcard into the current folder. */
function drawn(place: Place): Place {
  if (place.kind !== "ipc" || place.path !== "*") return place;
  return { kind: "ipc", path: join(tmpdir(), `tq-${randomUUID()}.sock`) };
}

const isIpv6 = (place: Place): boolean => place.kind === "tcp" && place.host.includes(":");
