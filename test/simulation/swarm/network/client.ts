/** The connecting side: comes back under a new route as often as its connection ends. */
import type { Frames } from "@tq/common/transport";
import { Gate } from "../../../../packages/common/src/transport/gate.ts";
import { Connection } from "./connection.ts";
import type { ClientEnd, Medium, Sent, ServerEnd } from "./medium.ts";
import type { Reader } from "./pipe.ts";

export interface ClientHandlers {
  readonly received: (frames: Frames) => void;
  readonly opened: () => void;
  readonly roomMade?: () => void;
}

export interface ClientOptions {
  readonly name: string;
  readonly reader: Reader;
  readonly handlers: ClientHandlers;
}

/** The network, as a client needs it. */
export interface ClientNetwork extends Medium {
  readonly clients: Set<Client>;
  server(name: string): ServerEnd | undefined;
}

export class Client implements ClientEnd {
  readonly name: string;
  readonly reader: Reader;
  readonly gate = new Gate();
  readonly #network: ClientNetwork;
  readonly #handlers: ClientHandlers;
  #connection: Connection | undefined;
  /** What survived earlier connections, and what was sent between two. */
  #queue: Frames[] = [];
  #isClosed = false;
  losesToServer = false;
  losesToClient = false;

  constructor(network: ClientNetwork, { name, reader, handlers }: ClientOptions) {
    this.#network = network;
    this.name = name;
    this.reader = reader;
    this.#handlers = handlers;
  }

  get hasRoom(): boolean {
    return this.#connection?.hasRoomToServer ?? false;
  }

  get isPartitioned(): boolean {
    return this.losesToServer || this.losesToClient;
  }

  send(frames: Frames): Sent {
    if (this.#connection !== undefined) return this.#connection.sendToServer(frames);
    this.#keep([frames]);
    return "nobody";
  }

  close(): void {
    this.#end()?.endedByClient("closed");
  }

  crash(): void {
    this.#end()?.endedByClient("died");
  }

  cut(): void {
    this.#connection?.cut();
  }

  /** What is sent that way is lost in silence, over a connection that seems to stand; none can be made. */
  partition(lost: "both" | "toServer" | "toClient"): void {
    this.losesToServer ||= lost !== "toClient";
    this.losesToClient ||= lost !== "toServer";
  }

  heal(): void {
    this.losesToServer = false;
    this.losesToClient = false;
    this.connectSoon();
  }

  connectSoon(notBefore = 0): void {
    if (this.#isClosed || this.#connection !== undefined) return;
    const { clock, reconnectMs } = this.#network.options;
    clock.schedule(Math.max(clock.now() + reconnectMs, notBefore), this.#connect);
  }

  arrived(frames: Frames): void {
    if (!this.#isClosed) this.#handlers.received(frames);
  }

  roomMade(): void {
    if (!this.#isClosed) this.#handlers.roomMade?.();
  }

  disconnected(unsent: Frames[], lastAt: number): void {
    this.#connection = undefined;
    this.#keep(unsent);
    this.connectSoon(lastAt);
  }

  readonly #connect = (): void => {
    if (this.#isClosed || this.#connection !== undefined || this.isPartitioned) return;
    const server = this.#network.server(this.name);
    if (server === undefined) return;
    const connection = new Connection(this.#network, this, server);
    this.#connection = connection;
    server.add(connection);
    for (const frames of this.#queue.splice(0)) connection.sendToServer(frames);
    if (this.#connection === connection) this.reader.whenFree(this.#opened);
  };

  readonly #opened = (): void => {
    if (!this.#isClosed) this.#handlers.opened();
  };

  #keep(unsent: readonly Frames[]): void {
    const { keepsQueues, messagesMax } = this.#network.options;
    if (!keepsQueues) return;
    this.#queue.push(...unsent);
    this.#queue.length = Math.min(this.#queue.length, messagesMax);
  }

  #end(): Connection | undefined {
    this.#isClosed = true;
    this.#network.clients.delete(this);
    const connection = this.#connection;
    this.#connection = undefined;
    return connection;
  }
}
