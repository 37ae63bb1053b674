/**
 * Counts what breaks the protocol, and says so at the first, second, fourth, eighth … of each channel: never a flood. Not by
 * peer: whoever names himself anew each time would be counted anew.
 */
import type { VentilatorEvent } from "./events.ts";

export class ViolationCounter {
  readonly #report: (event: VentilatorEvent) => void;
  readonly #byChannel = new Map<string, number>();
  total = 0;

  constructor(report: (event: VentilatorEvent) => void) {
    this.#report = report;
  }

  count(channel: string, reason: string): void {
    const count = (this.#byChannel.get(channel) ?? 0) + 1;
    this.#byChannel.set(channel, count);
    this.total += 1;
    const isPowerOfTwo = Number.isInteger(Math.log2(count));
    if (isPowerOfTwo) this.#report({ type: "peer.violation", channel, count, reason });
  }
}
