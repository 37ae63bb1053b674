/**
 * One connection to a host that is known by name: the name is looked up, and its addresses are tried in turn until one
 * opens. Whoever keeps the connection makes a new one when this has ended, and so looks again: a service that has moved is
 * found where it is now.
 *
 * A lookup under way cannot be called off: its answer is ignored once this is closed.
 */
import type { Connection, ConnectionHandlers, ConnectionSocket } from "./zeromq-connection.ts";

export interface NamedConnectionPort<Socket extends ConnectionSocket> {
  /** Gives at least one address, or rejects. */
  readonly lookUp: () => Promise<readonly string[]>;
  /** Begins to connect to an address. */
  readonly connect: (address: string, handlers: ConnectionHandlers) => Connection<Socket>;
  /** The name could not be looked up; `ended` follows. */
  readonly unresolved: (error: unknown) => void;
}

export class NamedConnection<Socket extends ConnectionSocket> implements Connection<Socket> {
  readonly #port: NamedConnectionPort<Socket>;
  readonly #handlers: ConnectionHandlers;
  #connection: Connection<Socket> | undefined;
  /** Still to be tried. */
  #addresses: string[] = [];
  #isClosed = false;

  constructor(port: NamedConnectionPort<Socket>, handlers: ConnectionHandlers) {
    this.#port = port;
    this.#handlers = handlers;
    void this.#lookUp();
  }

  get isOpen(): boolean {
    return this.#connection?.isOpen ?? false;
  }

  get socket(): Socket | undefined {
    return this.#connection?.socket;
  }

  async close(lingerMs?: number): Promise<void> {
    this.#isClosed = true;
    await this.#connection?.close(lingerMs);
  }

  async #lookUp(): Promise<void> {
    try {
      this.#addresses = [...(await this.#port.lookUp())];
    } catch (error) {
      if (!this.#isClosed) this.#port.unresolved(error);
    }
    if (!this.#isClosed) this.#tryNext();
  }

  #tryNext(): void {
    const address = this.#addresses.shift();
    if (address === undefined) {
      this.#handlers.ended();
      return;
    }
    this.#connection = this.#port.connect(address, {
      receive: this.#handlers.receive,
      opened: () => {
        this.#addresses = [];
        this.#handlers.opened();
      },
      ended: () => this.#tryNext(),
    });
  }
}
