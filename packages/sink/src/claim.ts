/**
 * One loop's hold on the results that it reads, between the core and an iterator: takes batches, says what is final,
 * waits. Ended by the loop itself, or by the sink when it closes.
 */
import type { AnyTask } from "@tq/common";
import type { Driver } from "@tq/common/transport";
import { Breather } from "./breather.ts";
import type { InboxReader, Reading } from "./core/inbox-reader.ts";
import type { SinkCore } from "./core/sink-core.ts";
import type { ResultSource } from "./result-source.ts";

export interface ClaimOptions {
  readonly core: SinkCore;
  readonly driver: Driver;
  /** Absent: all that no other loop reads. */
  readonly task: AnyTask | undefined;
  readonly onEnd: (claim: Claim) => void;
}

export class Claim implements ResultSource<Reading> {
  readonly reader: InboxReader;
  readonly breather: Breather;
  readonly #options: ClaimOptions;
  #isOver = false;
  #wake: (() => void) | undefined;

  /** Errors: `TQ_ERR_RESULTS_IN_USE`. */
  constructor(options: ClaimOptions) {
    const { core, driver, task } = options;
    this.#options = options;
    this.breather = new Breather(() => driver.now());
    this.reader = core.openReader(task && { name: task.name, contract: task.contractId });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The next batch, if there is one now. */
  take(): Reading | undefined {
    return this.#isOver ? undefined : this.#options.core.take(this.reader);
  }

  /** Rows below `through` are final. */
  commit(reading: Reading, through: number): void {
    if (!this.#isOver && this.#options.core.commit(reading, through)) this.#options.driver.touch();
  }

  /** Resolves when there may be something to take, or when it is over. */
  wait(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** The core has something. */
  offered(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Lets the event loop turn once. */
  async breathe(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.breather.turned();
  }

  /** Gives back what is not committed. Harmless twice. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { core, driver, onEnd } = this.#options;
    core.closeReader(driver.now(), this.reader);
    driver.touch();
    onEnd(this);
    this.offered();
  }
}
