/** The binding side: a route per connection, and nobody to send to behind one that is gone. */
import type { Frames } from "@tq/common/transport";
import { Gate } from "../../../../packages/common/src/transport/gate.ts";
import type { Sent, ServerEnd, ServersConnection } from "./medium.ts";
import type { Reader } from "./pipe.ts";

export interface ServerHandlers {
  readonly received: (route: string, frames: Frames) => void;
  /** Of each pipe of a connection. Default: the network's. */
  readonly messagesMax?: number;
  /** Somebody connected, or a pipe was full and is not any more. */
  readonly roomMade?: () => void;
}

export class Server implements ServerEnd {
  readonly name: string;
  readonly reader: Reader;
  readonly gate = new Gate();
  readonly messagesMax: number | undefined;
  readonly #handlers: ServerHandlers;
  readonly #forget: () => void;
  readonly #connections = new Map<string, ServersConnection>();
  #isClosed = false;

  constructor(name: string, reader: Reader, options: ServerHandlers & { readonly forget: () => void }) {
    this.name = name;
    this.reader = reader;
    this.#handlers = options;
    this.messagesMax = options.messagesMax;
    this.#forget = options.forget;
  }

  routesWithRoom(): string[] {
    return [...this.#connections]
      .filter(([, { hasRoomToClient }]) => hasRoomToClient)
      .map(([route]) => route);
  }

  send(route: string, frames: Frames): Sent {
    return this.#connections.get(route)?.sendToClient(frames) ?? "nobody";
  }

  crash(): void {
    this.#isClosed = true;
    this.#forget();
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    for (const connection of connections) connection.serverDied();
  }

  add(connection: ServersConnection): void {
    this.#connections.set(connection.route, connection);
    this.roomMade();
  }

  roomMade(): void {
    if (!this.#isClosed) this.#handlers.roomMade?.();
  }

  disconnected(route: string): void {
    this.#connections.delete(route);
  }

  arrived(route: string, frames: Frames): void {
    if (!this.#isClosed) this.#handlers.received(route, frames);
  }
}
