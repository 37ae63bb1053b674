/**
 * The pipes to the sinks that take pushed outcomes, as the ventilators name them, and as each says itself: a ventilator that
 * was here before the sink could not know. Left when nobody names it and nothing is owed.
 */
import type { SinkAddress } from "@tq/common/wire";
import type { WorkerPort } from "./port.ts";

export class PushSinks {
  readonly #port: WorkerPort;
  readonly #owes: (sink: string) => boolean;
  /** By ventilator: those it named last. */
  readonly #named: (readonly SinkAddress[])[] = [];
  /** What sinks have said themselves, by id: newer than what anybody else says of them. */
  readonly #said = new Map<string, string>();
  /** Of the connected ones, where. */
  readonly #open = new Map<string, SinkAddress>();

  constructor(port: WorkerPort, owes: (sink: string) => boolean) {
    this.#port = port;
    this.#owes = owes;
  }

  learn(ventilator: number, addresses: readonly SinkAddress[]): void {
    this.#named[ventilator] = addresses;
    for (const address of addresses) this.#learn(address, this.#said.get(address.id) ?? address.push);
    this.forgetUnnamed();
  }

  /** A sink said where its end of the push lane is. */
  said(address: SinkAddress): void {
    if (address.push === undefined) return;
    this.#said.set(address.id, address.push);
    this.#learn(address, address.push);
  }

  forgetUnnamed(): void {
    for (const id of this.#open.keys()) {
      if (this.#owes(id) || this.#named.some((addresses) => addresses.some((named) => named.id === id)))
        continue;
      this.#open.delete(id);
      this.#said.delete(id);
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

  #learn({ id, endpoint }: SinkAddress, push: string | undefined): void {
    const known = this.#open.get(id);
    const isMoved = known?.push !== push || known?.endpoint !== endpoint;
    if (push === undefined || !isMoved) return;
    if (known !== undefined) this.#port.disconnect(channelOf(id));
    this.#connect({ id, endpoint, push });
  }

  #connect(address: SinkAddress): void {
    const { id, push, endpoint } = address;
    if (push === undefined) return;
    this.#open.set(id, address);
    this.#port.connectPush(channelOf(id), { endpoint: push, via: endpoint });
  }
}

export const channelOf = (sink: string): string => `push:sink:${sink}`;
