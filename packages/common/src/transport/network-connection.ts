/** One connection of a memory network: two pipes between a client and a server, and the ways it can end. */
import type { Gate } from "./gate.ts";
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
    readonly gate: Gate;
    arrived(payload: Payload): void;
    /** The pipe to the server was full and is not any more. */
    roomMade(): void;
    /** The connection is over; `lastAt` is when the last message of it is due. */
    disconnected(lastAt: number): void;
  };
  readonly server: {
    readonly gate: Gate;
    /** Of each pipe; default: that of the medium. */
    readonly pipeMessagesMax?: number | undefined;
    roomMade(): void;
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
    const { clock } = medium;
    const { client, server, route } = ends;
    const messagesMax = server.pipeMessagesMax ?? medium.pipeMessagesMax;
    this.#medium = medium;
    this.#ends = ends;
    this.#toServer = new NetworkPipe({
      clock,
      messagesMax,
      deliver: (payload) => server.arrived(route, payload),
      gate: server.gate,
      roomMade: () => client.roomMade(),
    });
    this.#toClient = new NetworkPipe({
      clock,
      messagesMax,
      deliver: (payload) => client.arrived(payload),
      gate: client.gate,
      roomMade: () => server.roomMade(),
    });
  }

  get route(): Route {
    return this.#ends.route;
  }

  get hasRoomToServer(): boolean {
    return this.#toServer.hasRoom;
  }

  get hasRoomToClient(): boolean {
    return this.#toClient.hasRoom;
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
