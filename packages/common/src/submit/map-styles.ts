/** The two kinds of map: outputs in the order of the inputs, or every end as it comes. */
import { invariant, type Outcome, TaskFailedError, toRemoteError } from "../contract/index.ts";
import { identify } from "./call-errors.ts";
import type { MapStyle } from "./map-call.ts";
import { EndOrder, InputOrder } from "./map-order.ts";
import type { MappedTask } from "./map-slots.ts";
import type { SettledTask } from "./task-submitter.ts";

export const outputs: MapStyle<unknown> = {
  endsAtFailure: true,
  orderOf: (slots) => new InputOrder(slots),
  output: (_task, output) => output,
  unsuccessful: ({ name, handed, attempt }, outcome) => {
    invariant(handed !== undefined, "what has an outcome was handed over");
    throw new TaskFailedError({ ...identify(handed), task: name, attempt, outcome });
  },
  broken: (_task, error) => {
    throw error;
  },
};

export const settled: MapStyle<SettledTask<unknown>> = {
  endsAtFailure: false,
  orderOf: (slots) => new EndOrder(slots),
  output: (task, output) => new Settled(task, { status: "completed", output }),
  unsuccessful: (task, outcome) => new Settled(task, outcome),
  broken: (task, error) => new Settled(task, { status: "failed", error: toRemoteError(error) }),
};

/** Ids cost more than all else that is done for a result here, and most loops never look at them. */
class Settled implements SettledTask<unknown> {
  readonly index: number;
  readonly outcome: Outcome<unknown>;
  readonly #task: MappedTask;

  constructor(task: MappedTask, outcome: Outcome<unknown>) {
    this.index = task.index;
    this.outcome = outcome;
    this.#task = task;
  }

  get taskId(): string | undefined {
    const { handed } = this.#task;
    return handed && identify(handed).taskId;
  }

  get traceId(): string | undefined {
    const { handed } = this.#task;
    return handed && identify(handed).traceId;
  }

  get attempt(): number {
    return this.#task.attempt;
  }
}
