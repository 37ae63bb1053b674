/** Reads the columns of options along with the ids. Most messages have none. */
import { SparseReader } from "@tq/common/protocol";
import type { SparseColumn, TaskOptionColumns } from "@tq/common/wire";
import type { Attempt } from "./attempt.ts";

/** What a message says of its tasks besides ids and inputs. */
export interface TaskColumns {
  readonly attempts?: SparseColumn<number> | undefined;
  readonly options: TaskOptionColumns;
}

export class OptionsFiller {
  readonly #now: number;
  readonly #timeoutMs: number;
  readonly #hasOptions: boolean;
  readonly #numbers: SparseReader<number>;
  readonly #timeouts: SparseReader<number>;
  readonly #expiries: SparseReader<number>;
  readonly #traceparents: SparseReader<string>;

  constructor(now: number, { attempts, options }: TaskColumns, timeoutMs: number) {
    const { timeoutMs: timeouts, expiresMs, traceparent } = options;
    this.#now = now;
    this.#timeoutMs = timeoutMs;
    this.#hasOptions =
      attempts !== undefined ||
      timeouts !== undefined ||
      expiresMs !== undefined ||
      traceparent !== undefined;
    this.#numbers = new SparseReader(attempts);
    this.#timeouts = new SparseReader(timeouts);
    this.#expiries = new SparseReader(expiresMs);
    this.#traceparents = new SparseReader(traceparent);
  }

  /** Positions must not fall from call to call. */
  fill(attempt: Attempt, position: number): void {
    if (!this.#hasOptions) {
      attempt.number = 1;
      attempt.timeoutMs = this.#timeoutMs;
      attempt.expiresAt = Number.POSITIVE_INFINITY;
      attempt.traceparent = undefined;
      return;
    }
    attempt.number = this.#numbers.at(position) ?? 1;
    attempt.timeoutMs = this.#timeouts.at(position) ?? this.#timeoutMs;
    attempt.expiresAt = this.#now + (this.#expiries.at(position) ?? Number.POSITIVE_INFINITY);
    attempt.traceparent = this.#traceparents.at(position);
  }
}
