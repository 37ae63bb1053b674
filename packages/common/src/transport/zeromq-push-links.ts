/** The writing ends of one-way pipes over ZeroMQ: bound for many readers, or connected to one. */
import { KeptConnection, type KeptConnectionPort } from "./kept-connection.ts";
import { linkLimits } from "./limits.ts";
import type { Frames, LinkStats, PushCloseOptions, PushLink, PushOptions } from "./link.ts";
import { listenToSocket, type SocketEvent } from "./socket-events.ts";
import { bindSocket } from "./zeromq-bind.ts";
import { PipeWriter } from "./zeromq-pipe-writer.ts";
import type { Push } from "./zeromq-sockets.ts";

/** @throws TQ_ERR_ADDRESS_IN_USE or TQ_ERR_BIND_FAILED; the socket is closed then. */
export async function bindPushLink(socket: Push, address: string, options: PushOptions): Promise<PushLink> {
  return new BoundPushLink(socket, await bindSocket(socket, address), options);
}

class BoundPushLink implements PushLink {
  readonly endpoint: string;
  readonly #socket: Push;
  readonly #writer: PipeWriter;
  readonly #ended: Promise<void>;
  /** Connections, strangers among them until they fail the handshake. */
  #connections = 0;
  /** One of those was a reader. */
  #hasMet = false;
  #closing: Promise<void> | undefined;

  constructor(socket: Push, endpoint: string, { drained }: PushOptions) {
    this.#socket = socket;
    this.endpoint = endpoint;
    this.#writer = new PipeWriter(drained);
    this.#ended = listenToSocket(socket.events, this.#heard);
  }

  get isWritable(): boolean {
    // The library's own view counts where its events come late, or never (inproc).
    return this.#writer.isWritable(!this.#socket.closed && (this.#hasMet || this.#socket.writable));
  }

  send(frames: Frames): void {
    this.#writer.send(this.#socket.closed ? undefined : this.#socket, frames);
  }

  stats(): LinkStats {
    return this.#writer.stats();
  }

  close({ lingerMs }: PushCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(lingerMs);
    return this.#closing;
  }

  async #close(lingerMs: number | undefined): Promise<void> {
    if (lingerMs !== undefined) this.#socket.linger = lingerMs;
    await this.#writer.close(this.#socket.linger);
    this.#socket.close();
    await this.#ended;
  }

  readonly #heard = (event: SocketEvent): void => {
    switch (event) {
      case "accept":
        this.#connections += 1;
        break;
      case "handshake":
        this.#hasMet = true;
        if (!this.#socket.closed) this.#writer.roomMade();
        break;
      case "disconnect":
        this.#connections -= 1;
        if (this.#connections === 0) this.#hasMet = false;
        break;
    }
  };
}

export class ConnectedPushLink implements PushLink {
  readonly endpoint: string;
  readonly #writer: PipeWriter;
  readonly #connection: KeptConnection<Push>;
  #closing: Promise<void> | undefined;

  constructor(endpoint: string, port: KeptConnectionPort<Push>, { drained }: PushOptions) {
    this.endpoint = endpoint;
    this.#writer = new PipeWriter(drained);
    this.#connection = new KeptConnection(port, {
      opened: () => this.#writer.roomMade(),
      receive: () => {},
      ended: () => {},
    });
  }

  get isWritable(): boolean {
    return this.#writer.isWritable(this.#connection.open !== undefined);
  }

  send(frames: Frames): void {
    this.#writer.send(this.#connection.open, frames);
  }

  stats(): LinkStats {
    return this.#writer.stats();
  }

  close({ lingerMs }: PushCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(lingerMs);
    return this.#closing;
  }

  async #close(lingerMs: number | undefined): Promise<void> {
    if (this.#connection.open !== undefined) await this.#writer.close(lingerMs ?? linkLimits.lingerMs);
    await this.#connection.close(lingerMs);
  }
}
