/** The pipes to the sinks that take pushed outcomes, as the ventilators name them. Left when nobody names it and nothing is owed. */
import type { SinkAddress } from "@tq/common/wire";
import type { WorkerPort } from "./port.ts";

export class PushSinks {
  readonly #port: WorkerPort;
  readonly #owes: (sink: string) => boolean;
  /** By ventilator: those it named last. */
  readonly #named: (readonly SinkAddress[])[] = [];
  /** Of the connected ones, where. */
  readonly #open = new Map<string, SinkAddress>();

  constructor(port: WorkerPort, owes: (sink: string) => boolean) {
    this.#port = port;
    this.#owes = owes;
  }

  learn(ventilator: number, addresses: readonly SinkAddress[]): void {
    this.#named[ventilator] = addresses;
    for (const address of addresses) {
      const known = this.#open.get(address.id);
      const isMoved = known?.push !== address.push || known?.endpoint !== address.endpoint;
      if (address.push === undefined || !isMoved) continue;
      if (known !== undefined) this.#port.disconnect(channelOf(address.id));
      this.#connect(address);
    }
    this.forgetUnnamed();
  }

  forgetUnnamed(): void {
    for (const id of this.#open.keys()) {
      if (this.#owes(id) || this.#named.some((addresses) => addresses.some((named) => named.id === id)))
        continue;
      this.#open.delete(id);
      this.#port.disconnect(channelOf(id));
    }
  }

  /**
   * Nobody answers there. What is in the pipe is lost if the peer is; and if only the way to it is, a kernel that has data
   * under way would notice after a quarter of an hour.
   */
  reconnect(sink: string): void {
    const address = this.#open.get(sink);
    if (address === undefined) return;
    this.#port.disconnect(channelOf(sink));
    this.#connect(address);
  }

  isWritable(sink: string): boolean {
    return this.#open.has(sink) && this.#port.isWritable(channelOf(sink));
  }

  #connect(address: SinkAddress): void {
    const { id, push, endpoint } = address;
    if (push === undefined) return;
    this.#open.set(id, address);
    this.#port.connectPush(channelOf(id), { endpoint: push, via: endpoint });
  }
}

export const channelOf = (sink: string): string => `push:sink:${sink}`;
