/** One connection of a memory network: two pipes between a client and a server, and the ways it can end. */
import type { Route } from "./link.ts";
import { NetworkPipe } from "./network-pipe.ts";
import type { Scheduler } from "./scheduler.ts";

/** What a connection needs of the network it runs through. */
export interface Medium<Payload> {
  readonly clock: Scheduler;
  readonly pipeMessagesMax: number;
  /** Puts a message into a pipe, unless a fault has it. False if the pipe is full. */
  transfer(pipe: NetworkPipe<Payload>, payload: Payload, cut: () => void): boolean;
}

export interface ConnectionEnds<Payload> {
  readonly route: Route;
  readonly client: {
    readonly losesToServer: boolean;
    readonly losesToClient: boolean;
    arrived(payload: Payload): void;
    /** The connection is over; `lastAt` is when the last message of it is due. */
    disconnected(lastAt: number): void;
  };
  readonly server: {
    arrived(route: Route, payload: Payload): void;
    disconnected(route: Route): void;
  };
}

export class NetworkConnection<Payload> {
  readonly #medium: Medium<Payload>;
  readonly #ends: ConnectionEnds<Payload>;
  readonly #toServer: NetworkPipe<Payload>;
  readonly #toClient: NetworkPipe<Payload>;

  constructor(medium: Medium<Payload>, ends: ConnectionEnds<Payload>) {
    const { clock, pipeMessagesMax } = medium;
    const { client, server, route } = ends;
    this.#medium = medium;
    this.#ends = ends;
    this.#toServer = new NetworkPipe(clock, pipeMessagesMax, (payload) => server.arrived(route, payload));
    this.#toClient = new NetworkPipe(clock, pipeMessagesMax, (payload) => client.arrived(payload));
  }

  get route(): Route {
    return this.#ends.route;
  }

  /** False if the pipe is full; true says nothing about arriving. */
  sendToServer(payload: Payload): boolean {
    if (this.#ends.client.losesToServer) return true;
    return this.#medium.transfer(this.#toServer, payload, this.cut);
  }

  /** The same the other way. */
  sendToClient(payload: Payload): boolean {
    if (this.#ends.client.losesToClient) return true;
    return this.#medium.transfer(this.#toClient, payload, this.cut);
  }

  /** All in flight is lost, both ways. */
  readonly cut = (): void => {
    this.#toServer.discard();
    this.#toClient.discard();
    this.#ends.server.disconnected(this.route);
    this.#ends.client.disconnected(this.#medium.clock.now());
  };

  /** What the client sent still arrives. */
  closedByClient(): void {
    this.#toClient.discard();
    this.#ends.server.disconnected(this.route);
  }

  /** What the server sent still arrives. */
  closedByServer(): void {
    this.#toServer.discard();
    this.#ends.client.disconnected(this.#toClient.lastAt);
  }
}
