/** Which failed attempts are reported: enough to see what is wrong, not so many that a log of failures is all that runs. */
import type { WorkerEvent } from "./events.ts";
import { coreLimits } from "./limits.ts";
import type { WorkerPort } from "./port.ts";

export class FailureReports {
  readonly #port: WorkerPort;
  #left: number = coreLimits.failuresReportedPerSecond;
  #refillAt = 0;
  #unreported = 0;

  constructor(port: WorkerPort) {
    this.#port = port;
  }

  /** `describe` is asked only if it is reported. */
  report(describe: (unreported: number) => WorkerEvent): void {
    if (this.#left === 0) {
      this.#unreported += 1;
      return;
    }
    this.#left -= 1;
    this.#port.report(describe(this.#unreported));
    this.#unreported = 0;
  }

  tick(now: number): void {
    if (now < this.#refillAt) return;
    this.#refillAt = now + 1000;
    this.#left = coreLimits.failuresReportedPerSecond;
  }
}
