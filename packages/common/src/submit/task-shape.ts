/**
 * What the submitter needs of a task definition, worked out once per definition and not once per task.
 */
import {
  type AnyTask,
  type Delivery,
  defaultPolicy,
  type Invalid,
  invalidInputError,
  invalidOutputError,
  isPromiseLike,
  isTask,
  isTypeOnly,
  type TaskPolicy,
  TqError,
  type Valid,
  validate,
} from "../contract/index.ts";
import { preview } from "../contract/preview.ts";
import type { Reply } from "../protocol/index.ts";
import { ValuesEncoder } from "../wire/index.ts";
import type { Lane } from "./batch.ts";
import type { Consumer } from "./consumer.ts";

/** A value, or the reason why there is none. */
export type Parse = Valid<unknown> | TqError;

export class TaskShape {
  readonly name: string;
  readonly lanes: Readonly<Record<Reply, Lane<Consumer>>>;
  readonly delivery: Delivery;
  /** Whether outputs pass as they are. */
  readonly isOutputFree: boolean;
  readonly #isInputFree: boolean;
  readonly #newKeyed: () => Lane<Consumer>;
  readonly #keyed: Lane<Consumer>[] = [];
  readonly #task: AnyTask;

  constructor(task: AnyTask, payloadBytesMax: number | undefined) {
    const { name, contractId, policy, delivery } = task;
    const definition = {
      name,
      ...(contractId !== undefined && { contract: contractId }),
      // Who states no policy takes the workers': they may know the task better than a caller who has only its name.
      ...(!isDefault(policy) && { policy }),
    };
    const lane = (reply: Reply): Lane<Consumer> => ({
      definition,
      reply,
      encoder: new ValuesEncoder({ payloadBytesMax }),
      gathering: undefined,
    });
    this.name = name;
    this.#newKeyed = () => ({ ...lane("sink"), isKeyed: true });
    this.lanes = { sink: lane("sink"), answer: lane("answer"), push: lane("push") };
    this.delivery = delivery;
    this.isOutputFree = isTypeOnly(task.output);
    this.#isInputFree = isTypeOnly(task.input);
    this.#task = task;
  }

  /** For tasks with idempotency keys, one for each owner that keys choose: one that has no credit holds up its own only. */
  keyedLane(owner: number): Lane<Consumer> {
    const known = this.#keyed[owner];
    if (known !== undefined) return known;
    const lane = this.#newKeyed();
    this.#keyed[owner] = lane;
    return lane;
  }

  /** Why the input is no good, or nothing. Free of promises where the schema is. */
  checkInput(input: unknown): TqError | undefined | Promise<TqError | undefined> {
    if (this.#isInputFree) return undefined;
    const refusal = (validation: Valid<unknown> | Invalid) =>
      validation.ok ? undefined : invalidInputError(this.name, validation);
    const validation = validate(this.#task.input, input);
    return isPromiseLike(validation) ? validation.then(refusal) : refusal(validation);
  }

  /** What the consumer gets for an output. */
  parseOutput(output: unknown): Parse | Promise<Parse> {
    const parse = (validation: Valid<unknown> | Invalid) =>
      validation.ok ? validation : invalidOutputError(this.name, validation);
    const validation = validate(this.#task.output, output);
    return isPromiseLike(validation) ? validation.then(parse) : parse(validation);
  }
}

function isDefault({ backoff, ...policy }: TaskPolicy): boolean {
  const { backoff: defaultBackoff, ...rest } = defaultPolicy;
  return isSame(policy, rest) && isSame(backoff, defaultBackoff);
}

const isSame = <Fields extends object>(one: Fields, other: Fields): boolean =>
  Object.entries(other).every(([key, value]) => Reflect.get(one, key) === value);

/** The shapes of the definitions in use. */
export class TaskShapes {
  readonly #shapes = new WeakMap<AnyTask, TaskShape>();
  readonly #payloadBytesMax: number | undefined;

  constructor(payloadBytesMax: number | undefined) {
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** @throws TQ_ERR_INVALID_TASK if `defineTask` did not make it. */
  of(task: AnyTask): TaskShape {
    const known = this.#shapes.get(task);
    if (known !== undefined) return known;
    if (!isTask(task)) {
      throw new TqError(
        "TQ_ERR_INVALID_TASK",
        `a task is what defineTask returns, not ${preview(task)}; give the definition, not its name or its handler`,
      );
    }
    const shape = new TaskShape(task, this.#payloadBytesMax);
    this.#shapes.set(task, shape);
    return shape;
  }
}
