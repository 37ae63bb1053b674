/** The binding side of a memory network. */
import { Gate } from "./gate.ts";
import type { LinkStats, Route } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import type { NetworkConnection } from "./network-connection.ts";

export interface NetworkServerOptions {
  /** Messages in flight in one direction of one connection; more are dropped. Default: the network's. */
  readonly pipeMessagesMax?: number | undefined;
  /** Somebody connected, or a pipe was full and is not any more. */
  readonly roomMade?: (() => void) | undefined;
}

export class NetworkServer<Payload> {
  readonly name: string;
  /** While shut, nothing is received, and the pipes fill. */
  readonly gate = new Gate();
  readonly pipeMessagesMax: number | undefined;
  readonly #roomMade: (() => void) | undefined;
  readonly #forget: () => void;
  readonly #receive: (route: Route, payload: Payload) => void;
  readonly #connections = new Map<Route, NetworkConnection<Payload>>();
  readonly #counters = new LinkCounters();
  #isClosed = false;

  /** Made by `FaultyNetwork.bind`. `forget` frees the name. @internal */
  constructor(
    name: string,
    receive: (route: Route, payload: Payload) => void,
    options: NetworkServerOptions & { readonly forget: () => void },
  ) {
    this.name = name;
    this.#receive = receive;
    this.#forget = options.forget;
    this.pipeMessagesMax = options.pipeMessagesMax;
    this.#roomMade = options.roomMade;
  }

  /** Those of the present connections to which a message can be sent now, in the order of their making. */
  routesWithRoom(): Route[] {
    return [...this.#connections]
      .filter(([, { hasRoomToClient }]) => hasRoomToClient)
      .map(([route]) => route);
  }

  /** Dropped, and counted, if the route is unknown or its pipe is full. */
  send(route: Route, payload: Payload): void {
    this.#counters.countSend(this.#connections.get(route)?.sendToClient(payload) ?? false);
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  /** Receives nothing more; what was sent still arrives. Clients wait for the name to be bound again. */
  close(): void {
    for (const connection of this.#end()) connection.closedByServer();
  }

  /** The process died: what was in flight is lost. Clients wait for the name to be bound again. */
  crash(): void {
    for (const connection of this.#end()) connection.cut();
  }

  /** @internal */
  add(connection: NetworkConnection<Payload>): void {
    this.#connections.set(connection.route, connection);
    this.roomMade();
  }

  /** @internal */
  roomMade(): void {
    if (!this.#isClosed) this.#roomMade?.();
  }

  /** @internal */
  disconnected(route: Route): void {
    this.#connections.delete(route);
  }

  /** @internal */
  arrived(route: Route, payload: Payload): void {
    if (this.#isClosed) return;
    this.#counters.countReceived();
    this.#receive(route, payload);
  }

  #end(): NetworkConnection<Payload>[] {
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    if (!this.#isClosed) this.#forget();
    this.#isClosed = true;
    return connections;
  }
}
