// What the compiler makes of task definitions and handlers: which type each of the four roles of a value has.
import {
  type AnyTask,
  DiscardTask,
  defineTask,
  type Handler,
  type HandlerContext,
  type HandlerInput,
  type HandlerOutput,
  handler,
  isTqError,
  type Outcome,
  type ProgressInput,
  type ProgressOutput,
  type Result,
  RetryTask,
  type TaskFailedError,
  type TaskInput,
  type TaskOutput,
  type TqError,
  type,
} from "@tq/common";
import { isHandler, isTask } from "@tq/common/contract";
import { z } from "zod";
import type { Equal, Expect } from "./expect-type.ts";

const thumbnail = defineTask({
  name: "image.thumbnail",
  input: z.object({
    path: z.string(),
    width: z.number().default(100),
    takenAt: z.string().transform((s) => new Date(s)),
  }),
  output: z.object({ bytes: z.number(), note: z.string().default("") }),
  progress: z.object({ done: z.number().default(0) }),
});
const square = defineTask({ name: "square", input: type<number>(), output: type<number>() });
const notify = defineTask({
  name: "notify",
  input: type<{ to: string; text?: string }>(),
  output: type<void>(),
});

export type Roles = [
  // The caller may leave a default out, and gives what stands before a transform.
  Expect<Equal<TaskInput<typeof thumbnail>, { path: string; width?: number | undefined; takenAt: string }>>,
  // The handler has the default, and what the transform made.
  Expect<Equal<HandlerInput<typeof thumbnail>, { path: string; width: number; takenAt: Date }>>,
  // The same the other way round: the handler may leave a default out, the consumer has it.
  Expect<Equal<HandlerOutput<typeof thumbnail>, { bytes: number; note?: string | undefined }>>,
  Expect<Equal<TaskOutput<typeof thumbnail>, { bytes: number; note: string }>>,
  Expect<Equal<ProgressInput<typeof thumbnail>, { done?: number | undefined }>>,
  Expect<Equal<ProgressOutput<typeof thumbnail>, { done: number }>>,
  // type<T>() is T in every role.
  Expect<Equal<TaskInput<typeof square>, number>>,
  Expect<Equal<HandlerInput<typeof square>, number>>,
  Expect<Equal<HandlerOutput<typeof square>, number>>,
  Expect<Equal<TaskOutput<typeof square>, number>>,
  Expect<Equal<TaskInput<typeof notify>, { to: string; text?: string }>>,
  Expect<Equal<TaskOutput<typeof notify>, void>>,
  // Of a task that is not known, nothing is known, and nothing is `any`.
  Expect<Equal<TaskInput<AnyTask>, unknown>>,
  Expect<Equal<TaskOutput<AnyTask>, unknown>>,
];

// A handler's parameters need no annotation, and it may be asynchronous or not.
export const handlers = [
  handler(square, (n) => n * n),
  handler(square, async (n, ctx) => n * ctx.attempt),
  handler(notify, () => {}),
  handler(thumbnail, ({ path, width, takenAt }, ctx) => {
    type _ = [
      Expect<Equal<typeof path, string>>,
      Expect<Equal<typeof width, number>>,
      Expect<Equal<typeof takenAt, Date>>,
      Expect<Equal<typeof ctx, HandlerContext<typeof thumbnail>>>,
    ];
    ctx.progress({});
    ctx.log.info({ path }, "shrinking");
    return { bytes: width };
  }),
];

// What a handler throws to say what becomes of its task.
export const verdicts: readonly Error[] = [
  new RetryTask(),
  new RetryTask({ afterMs: 1000, reason: "rate limited", cause: new Error("429") }),
  new DiscardTask("no such user", { cause: 404 }),
  // @ts-expect-error: spans are in milliseconds, by name
  new RetryTask({ delay: 1000 }),
  // @ts-expect-error: whoever gives up says why
  new DiscardTask(),
];

// Handlers of different tasks go into one list without a cast, and lists take nothing else.
export const list: readonly Handler[] = handlers;
// @ts-expect-error: a bare function is no handler
export const notHandlers: readonly Handler[] = [(n: number) => n];

// Whoever writes a function over tasks keeps the types of each.
declare function run<Task extends AnyTask>(task: Task, input: TaskInput<Task>): Promise<TaskOutput<Task>>;
export const ran = run(thumbnail, { path: "a.png", takenAt: "2026-01-01" });
export type Ran = Expect<Equal<typeof ran, Promise<{ bytes: number; note: string }>>>;

// What comes from outside is told apart by guards.
export function guards(unknown: unknown): void {
  if (isTask(unknown)) {
    type _ = Expect<Equal<typeof unknown, AnyTask>>;
  }
  if (isHandler(unknown)) {
    type _ = Expect<Equal<typeof unknown, Handler>>;
  }
  if (isTqError(unknown, "TQ_ERR_TASK_FAILED")) {
    const { taskId, outcome } = unknown satisfies TaskFailedError;
    type _ = [
      Expect<Equal<typeof taskId, string>>,
      Expect<Equal<typeof outcome, "failed" | "dead" | "cancelled" | "expired">>,
    ];
  } else if (isTqError(unknown, "TQ_ERR_CLOSED")) {
    type _ = Expect<Equal<typeof unknown, TqError<"TQ_ERR_CLOSED">>>;
  }
}

// An outcome and a result are told apart by their tag.
export function tags(outcome: Outcome<number>, result: Result<number>): void {
  if (outcome.status === "completed") {
    type _ = Expect<Equal<typeof outcome.output, number>>;
  }
  if (outcome.status === "failed" || outcome.status === "dead") outcome.error.message satisfies string;
  // @ts-expect-error: only a completed task has an output
  outcome.output;
  if (result.outcome === "completed") {
    type _ = [Expect<Equal<typeof result.output, number>>, Expect<Equal<typeof result.worker, string>>];
  }
  // @ts-expect-error: only a failed or dead task has an error
  result.error;
}
