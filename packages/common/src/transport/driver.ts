/**
 * The one shell around every pure core: joins it to links, a clock and the event loop, and makes a running node of them.
 * It knows channels by name and nothing of what is said on them.
 */
import { invariant } from "../contract/index.ts";
import { type CompressionStats, type Message, noCompression } from "../wire/index.ts";
import { assertBindAllowed } from "./assert-bind-allowed.ts";
import type { Core, From } from "./core.ts";
import { CoreLoop, type LoopHost } from "./core-loop.ts";
import type {
  ClientLink,
  LinkStats,
  PullLink,
  PullOptions,
  PushCloseOptions,
  PushLink,
  PushOptions,
  Route,
  ServerLink,
  Transport,
} from "./link.ts";
import { eventLoopHost } from "./loop-hosts.ts";
import { type Compression, Outgoing } from "./outgoing.ts";

/** What a core sends through, and what its shell steers. */
export interface Driver {
  /** The clock that the core is given. */
  now(): number;
  /**
   * Binds a channel and gives the endpoint, wildcards resolved.
   *
   * Errors: `TQ_ERR_INSECURE_BIND`, `TQ_ERR_ADDRESS_IN_USE`, `TQ_ERR_BIND_FAILED`, `TQ_ERR_INVALID_ENDPOINT`.
   */
  bind(channel: string, endpoint: string): Promise<string>;
  /**
   * Connects a channel, and keeps it connected until `disconnect`.
   *
   * Errors: `TQ_ERR_INVALID_ENDPOINT`, thrown.
   */
  connect(channel: string, endpoint: string): void;
  /** Binds a channel that only sends, to many readers. Errors as for `bind`. */
  bindPush(channel: string, endpoint: string): Promise<string>;
  /** Binds a channel that only receives, from many writers. Errors as for `bind`. */
  bindPull(channel: string, endpoint: string): Promise<string>;
  /** Connects a channel that only sends. Errors as for `connect`. */
  connectPush(channel: string, endpoint: string): void;
  /** Connects a channel that only receives. Errors as for `connect`. */
  connectPull(channel: string, endpoint: string): void;
  /** Whether a channel that only sends can take a message; if not, the core is told by `drained` when it can. False if there is none. */
  isWritable(channel: string): boolean;
  /** Stops reading a channel that only receives, so that its writers have to wait. Harmless if there is none. */
  pause(channel: string): void;
  resume(channel: string): void;
  /** Closes a bound or connected channel. Harmless if there is none. `lingerMs`: of one that only sends, see {@link PushLink}. */
  disconnect(channel: string, options?: PushCloseOptions): Promise<void>;
  /**
   * Hands a message to a channel: with a route where it is bound, without where it is connected or only sends. To one that
   * only sends: only while it is writable. May be lost.
   */
  send(channel: string, route: Route | undefined, message: Message): void;
  /** After a call of the core by its shell: flush at the end of this turn. */
  touch(): void;
  /** Flush at once: for the last words before `close`. */
  flushNow(): void;
  /** Message counts of the open channels. */
  stats(): Record<string, LinkStats>;
  /** What became of bodies large enough to be packed, on all channels since the start. */
  compressionStats(): CompressionStats;
  /** Ends the core's turns and closes its links, not the transport. Harmless twice. */
  close(): Promise<void>;
}

export interface DriverOptions {
  readonly transport: Transport;
  /** Makes the core; called once, before `createDriver` returns. */
  readonly core: (driver: Driver) => Core;
  /** Allows binds beyond the loopback. Default false. */
  readonly insecure?: boolean | undefined;
  /** Which bodies leave packed. Default `auto`: those that leave this machine. All are read in any case. */
  readonly compression?: Compression | undefined;
  /** The core threw: a bug in it. It is never called again; the links stay until `close`. Default: an uncaught exception. */
  readonly onFatal?: ((error: unknown) => void) | undefined;
  /** Default: Node's event loop. */
  readonly host?: LoopHost | undefined;
}

export function createDriver(options: DriverOptions): Driver {
  return new NodeDriver(options);
}

/** binding: a name is reserved while its bind is under way. */
type Channel =
  | { readonly kind: "binding" }
  | { readonly kind: "bound"; readonly link: ServerLink; readonly outgoing: Outgoing }
  | { readonly kind: "connected"; readonly link: ClientLink; readonly outgoing: Outgoing }
  | { readonly kind: "push"; readonly link: PushLink; readonly outgoing: Outgoing }
  | { readonly kind: "pull"; readonly link: PullLink };

type Bound = Extract<Channel, { readonly kind: "bound" | "push" | "pull" }>;

function throwUncaught(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

class NodeDriver implements Driver {
  readonly #transport: Transport;
  readonly #insecure: boolean;
  readonly #compression: Compression;
  readonly #compressionCounts = noCompression();
  readonly #host: LoopHost;
  /** Missing only while the core is being made; a fresh loop flushes by itself. */
  readonly #loop: CoreLoop | undefined;
  readonly #channels = new Map<string, Channel>();
  #isClosed = false;

  constructor(options: DriverOptions) {
    this.#transport = options.transport;
    this.#insecure = options.insecure ?? false;
    this.#compression = options.compression ?? "auto";
    this.#host = options.host ?? eventLoopHost;
    const core = options.core(this);
    this.#loop = new CoreLoop({ core, host: this.#host, onFatal: options.onFatal ?? throwUncaught });
  }

  now(): number {
    return this.#host.now();
  }

  bind(channel: string, endpoint: string): Promise<string> {
    return this.#bind(channel, endpoint, async () => {
      const link = await this.#transport.bind(endpoint, {
        receive: (route, frames) => this.#loop?.received({ channel, route }, frames),
      });
      return { kind: "bound", link, outgoing: this.#outgoing(endpoint) };
    });
  }

  bindPush(channel: string, endpoint: string): Promise<string> {
    return this.#bind(channel, endpoint, async () => {
      const link = await this.#transport.bindPush(endpoint, this.#pushOptions(channel));
      return { kind: "push", link, outgoing: this.#outgoing(endpoint) };
    });
  }

  bindPull(channel: string, endpoint: string): Promise<string> {
    return this.#bind(channel, endpoint, async () => {
      return { kind: "pull", link: await this.#transport.bindPull(endpoint, this.#pullOptions(channel)) };
    });
  }

  connectPush(channel: string, endpoint: string): void {
    this.#assertFree(channel);
    const link = this.#transport.connectPush(endpoint, this.#pushOptions(channel));
    this.#open(channel, { kind: "push", link, outgoing: this.#outgoing(endpoint) });
  }

  connectPull(channel: string, endpoint: string): void {
    this.#assertFree(channel);
    this.#open(channel, {
      kind: "pull",
      link: this.#transport.connectPull(endpoint, this.#pullOptions(channel)),
    });
  }

  connect(channel: string, endpoint: string): void {
    const from: From = { channel, route: undefined };
    this.#assertFree(channel);
    const link = this.#transport.connect(endpoint, {
      receive: (frames) => this.#loop?.received(from, frames),
      opened: () => this.#loop?.opened(channel),
    });
    this.#open(channel, { kind: "connected", link, outgoing: this.#outgoing(endpoint) });
  }

  async disconnect(channel: string, options?: PushCloseOptions): Promise<void> {
    const open = this.#channels.get(channel);
    this.#channels.delete(channel);
    if (open?.kind === "push") await open.link.close(options);
    else if (open !== undefined && open.kind !== "binding") await open.link.close();
  }

  send(channel: string, route: Route | undefined, message: Message): void {
    const open = this.#channels.get(channel);
    // A channel that was just closed is like a peer that just left: what is said to it is lost.
    if (open === undefined || open.kind === "binding") return;
    switch (open.kind) {
      case "bound":
        invariant(route !== undefined, `a message on the bound channel ${channel} has a route`);
        open.link.send(route, open.outgoing.frames(message));
        break;
      case "connected":
      case "push":
        open.link.send(open.outgoing.frames(message));
        break;
      case "pull":
        invariant(false, `nothing is sent on ${channel}, which only receives`);
    }
  }

  isWritable(channel: string): boolean {
    const open = this.#channels.get(channel);
    return open?.kind === "push" && open.link.isWritable;
  }

  pause(channel: string): void {
    const open = this.#channels.get(channel);
    if (open?.kind === "pull") open.link.pause();
  }

  resume(channel: string): void {
    const open = this.#channels.get(channel);
    if (open?.kind === "pull") open.link.resume();
  }

  touch(): void {
    this.#loop?.touch();
  }

  flushNow(): void {
    this.#loop?.flushNow();
  }

  stats(): Record<string, LinkStats> {
    const stats: Record<string, LinkStats> = {};
    for (const [name, channel] of this.#channels) {
      if (channel.kind !== "binding") stats[name] = channel.link.stats();
    }
    return stats;
  }

  compressionStats(): CompressionStats {
    return { ...this.#compressionCounts };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#loop?.stop();
    await Promise.all([...this.#channels.keys()].map((channel) => this.disconnect(channel)));
  }

  /** A name is reserved while its bind is under way. */
  async #bind(channel: string, endpoint: string, bind: () => Promise<Bound>): Promise<string> {
    assertBindAllowed(endpoint, { insecure: this.#insecure });
    const binding: Channel = { kind: "binding" };
    this.#open(channel, binding);
    let bound: Bound;
    try {
      bound = await bind();
    } catch (error) {
      if (this.#channels.get(channel) === binding) this.#channels.delete(channel);
      throw error;
    }
    // Disconnected or closed in the meantime.
    if (this.#channels.get(channel) === binding) this.#channels.set(channel, bound);
    else await bound.link.close();
    return bound.link.endpoint;
  }

  /** For an endpoint that a link has just been opened for. */
  #outgoing(endpoint: string): Outgoing {
    return new Outgoing({
      endpoint,
      compression: this.#compression,
      counts: this.#compressionCounts,
    });
  }

  #pushOptions(channel: string): PushOptions {
    return { drained: () => this.#loop?.drained(channel) };
  }

  #pullOptions(channel: string): PullOptions {
    const from: From = { channel, route: undefined };
    return {
      receive: (frames) => this.#loop?.received(from, frames),
      opened: () => this.#loop?.opened(channel),
    };
  }

  #assertFree(name: string): void {
    invariant(!this.#channels.has(name), `channel ${name} is opened once at a time`);
  }

  #open(name: string, channel: Channel): void {
    invariant(!this.#isClosed, `channel ${name} is opened before the driver is closed`);
    this.#assertFree(name);
    this.#channels.set(name, channel);
  }
}
