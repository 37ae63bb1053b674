/**
 * Submits inputs whose results go to a sink; done when all are accepted.
 *
 * One call per input, and not `submitMany`, because that ends at the first input that is refused, and here the others go
 * on. The calls of one turn leave in one message all the same.
 */
import type { AnyTask, Delivery } from "@tq/common";
import type { TaskSubmitter } from "@tq/common/submit";
import type { NumberedInput } from "./input-lines.ts";
import type { Refusals } from "./refusals.ts";
import type { SubmitProgress } from "./submit-progress.ts";

/** Inputs that were read and are not yet accepted: enough to keep several messages on their way. */
const inFlightMax = 8192;

export interface SubmitAll {
  readonly submitter: Pick<TaskSubmitter, "submit">;
  readonly task: AnyTask;
  /** Undefined: the task's own. */
  readonly delivery?: Delivery | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly keepForMs?: number | undefined;
  readonly inputs: AsyncIterable<NumberedInput> | Iterable<NumberedInput>;
  readonly refusals: Refusals;
  readonly progress: SubmitProgress;
  /** Ends `inputs`, which may be waiting for a line that never comes. */
  readonly stopReading: () => void;
}

/** Rejects with the first error that is not about one input. */
export async function submitAll(all: SubmitAll): Promise<void> {
  const { submitter, task, inputs, refusals, progress, stopReading } = all;
  const { delivery, idempotencyKey, keepForMs } = all;
  const settled = new Waiting();
  let inFlight = 0;
  for await (const { where, line, value } of inputs) {
    const number = progress.begin(line);
    inFlight += 1;
    submitter
      .submit(task, value, { delivery, idempotencyKey, keepForMs })
      .then(
        (accepted) => {
          progress.accepted += 1;
          progress.last = accepted;
        },
        (error: unknown) => refusals.add(error, where),
      )
      .then(
        () => {
          progress.end(number);
          inFlight -= 1;
          settled.wake();
        },
        (error: unknown) => {
          settled.fail(error);
          stopReading();
        },
      );
    while (inFlight >= inFlightMax) await settled.next();
    settled.throwIfFailed();
  }
  while (inFlight > 0) await settled.next();
  settled.throwIfFailed();
}

/** One reader waits until any of many things has happened. */
class Waiting {
  #wake: () => void = () => {};
  #failure: { readonly error: unknown } | undefined;

  next(): Promise<void> {
    this.throwIfFailed();
    return new Promise((resolve, reject) => {
      this.#wake = () => (this.#failure === undefined ? resolve() : reject(this.#failure.error));
    });
  }

  wake(): void {
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
