/**
 * What limits the tasks that a worker takes on: its windows, by what is in hand, and the bound of uncommitted results, of which
 * each sink has its share.
 */
import type { Account } from "./account.ts";
import type { Attempt, Lane } from "./attempt.ts";
import { defaultLimits, sharesOf } from "./limits.ts";
import type { WorkerCoreOptions } from "./port.ts";
import type { ResultsOutbox } from "./results-outbox.ts";
import { SinkShares } from "./sink-shares.ts";
import { Windows } from "./windows.ts";

interface CreditParts {
  readonly accounts: readonly Account[];
  readonly results: ResultsOutbox;
}

export class Credit {
  readonly windows: Windows;
  readonly shares: SinkShares;
  readonly #accounts: readonly Account[];
  readonly #results: ResultsOutbox;
  /** Attempts per definition that wait or run. */
  readonly #inHand: number[];

  constructor(options: WorkerCoreOptions, { accounts, results }: CreditParts) {
    const { slots } = options;
    const definitions = options.definitions.length;
    const limits = { ...defaultLimits, ...options.limits };
    const { uncommittedTasksMax, excessTasksMax } = sharesOf(limits, { slots, definitions });
    this.#accounts = accounts;
    this.#results = results;
    this.#inHand = new Array<number>(definitions).fill(0);
    this.windows = new Windows({
      slots,
      definitions,
      limits,
      isIdle: (definition) => (this.#inHand[definition] ?? 0) === 0,
      uncommitted: (definition) => this.#uncommitted(definition),
    });
    this.shares = new SinkShares({
      definitions,
      tasksMax: uncommittedTasksMax,
      excessTasksMax,
      bytesMax: limits.uncommittedBytesMax,
      windowTasks: (definition) => this.windows.tasksOf(definition),
    });
  }

  /** An attempt has come in. */
  use(definition: number): void {
    this.#inHand[definition] = (this.#inHand[definition] ?? 0) + 1;
  }

  /** It neither waits nor runs any more. */
  release(attempt: Attempt, { definition, ventilator }: Lane): void {
    const grants = this.#accounts[ventilator]?.grants;
    if (attempt.isCarried) grants?.releaseCarried(definition, attempt.inputBytes);
    else grants?.release(definition, 1, attempt.inputBytes);
    this.#inHand[definition] = (this.#inHand[definition] ?? 0) - 1;
    this.windows.settled(definition);
  }

  #uncommitted(definition: number): { tasks: number; bytes: number } {
    const { tasks, bytes } = this.shares.beyond(definition);
    return {
      tasks: this.#results.tasksOf(definition) - tasks,
      bytes: this.#results.bytesOf(definition) - bytes,
    };
  }
}
