/** The connecting side of a memory network: comes back under a new route as often as its connection ends. */
import { Gate } from "./gate.ts";
import type { LinkStats, Route } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import type { NetworkConnection } from "./network-connection.ts";
import type { Scheduler } from "./scheduler.ts";

export interface NetworkClientHandlers<Payload> {
  readonly receive: (payload: Payload) => void;
  /** A connection stands, the first or another. */
  readonly opened?: (() => void) | undefined;
  /** The pipe was full and is not any more. */
  readonly roomMade?: (() => void) | undefined;
}

/** What a client needs of its network. @internal */
export interface ClientNetwork<Payload> {
  readonly clock: Scheduler;
  readonly reconnectMs: number;
  /** Joins the client to whoever serves its name now. */
  join(client: NetworkClient<Payload>): NetworkConnection<Payload> | undefined;
  forgetClient(client: NetworkClient<Payload>): void;
}

export class NetworkClient<Payload> {
  readonly name: string;
  /** While shut, nothing is received, and the pipe fills. */
  readonly gate = new Gate();
  readonly #network: ClientNetwork<Payload>;
  readonly #handlers: NetworkClientHandlers<Payload>;
  readonly #counters = new LinkCounters();
  #connection: NetworkConnection<Payload> | undefined;
  #isClosed = false;
  #losesToServer = false;
  #losesToClient = false;

  /** Made by `FaultyNetwork.connect`. @internal */
  constructor(network: ClientNetwork<Payload>, name: string, handlers: NetworkClientHandlers<Payload>) {
    this.#network = network;
    this.name = name;
    this.#handlers = handlers;
  }

  /** The present connection, as the server knows it. */
  get route(): Route | undefined {
    return this.#connection?.route;
  }

  /** Whether a message sent now would be taken. */
  get hasRoom(): boolean {
    return this.#connection?.hasRoomToServer ?? false;
  }

  /** Dropped, and counted, while there is no connection or its pipe is full. */
  send(payload: Payload): void {
    this.#counters.countSend(this.#connection?.sendToServer(payload) ?? false);
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  /** Receives nothing more; what was sent still arrives. */
  close(): void {
    this.#end();
    this.#connection?.closedByClient();
    this.#connection = undefined;
  }

  /** The process died: what was in flight is lost, and it never comes back. */
  crash(): void {
    this.#end();
    this.#connection?.cut();
    this.#connection = undefined;
  }

  /** Ends the connection while both ends live on: all in flight is lost, both ways; it comes back under a new route. */
  cut(): void {
    this.#connection?.cut();
  }

  /** Until `heal`, what is sent that way is lost in silence, over a connection that seems to stand; none can be made. */
  partition(lost: "both" | "toServer" | "toClient" = "both"): void {
    this.#losesToServer = lost !== "toClient";
    this.#losesToClient = lost !== "toServer";
  }

  heal(): void {
    this.#losesToServer = false;
    this.#losesToClient = false;
    this.connectAt(this.#network.clock.now() + this.#network.reconnectMs);
  }

  /** @internal */
  get losesToServer(): boolean {
    return this.#losesToServer;
  }

  /** @internal */
  get losesToClient(): boolean {
    return this.#losesToClient;
  }

  /** Makes a connection at that instant, if there is none then and somebody serves the name. @internal */
  connectAt(at: number): void {
    if (this.#isClosed || this.#connection !== undefined) return;
    this.#network.clock.schedule(at, this.#connect);
  }

  /** @internal */
  arrived(payload: Payload): void {
    if (this.#isClosed) return;
    this.#counters.countReceived();
    this.#handlers.receive(payload);
  }

  /** @internal */
  roomMade(): void {
    if (!this.#isClosed) this.#handlers.roomMade?.();
  }

  /** The connection is over; `lastAt` is when the last message of it is due here. @internal */
  disconnected(lastAt: number): void {
    this.#connection = undefined;
    this.connectAt(Math.max(this.#network.clock.now() + this.#network.reconnectMs, lastAt));
  }

  readonly #connect = (): void => {
    if (this.#isClosed || this.#connection !== undefined) return;
    if (this.#losesToClient || this.#losesToServer) return;
    this.#connection = this.#network.join(this);
    if (this.#connection !== undefined) this.#handlers.opened?.();
  };

  #end(): void {
    this.#isClosed = true;
    this.#network.forgetClient(this);
  }
}
