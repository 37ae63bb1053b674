// What an editor says where a task is defined, handled or called wrongly. The words must name the user's own types.
import {
  type AnyTask,
  defineTask,
  handler,
  isTqError,
  type TaskInput,
  type TaskOutput,
  type,
} from "@tq/common";
import { z } from "zod";

const square = defineTask({ name: "square", input: type<number>(), output: type<number>() });
const count = defineTask({
  name: "text.count",
  input: z.object({ path: z.string(), limit: z.number().default(10) }),
  output: z.record(z.string(), z.number()),
  progress: z.number(),
});
declare function run<Task extends AnyTask>(task: Task, input: TaskInput<Task>): Promise<TaskOutput<Task>>;

// Wrong input.
// error: Argument of type 'string' is not assignable to parameter of type 'number'
run(square, "7");
// error: Property 'path' is missing in type '{ limit: number; }' but required in type '{ path: string; limit?: number | undefined; }'
run(count, { limit: 3 });
// error: Object literal may only specify known properties, and 'file' does not exist in type '{ path: string; limit?: number | undefined; }'
run(count, { path: "a", file: "b" });

// Not a task.
// error: Argument of type '(n: number) => number' is not assignable to parameter of type 'AnyTask'
run((n: number) => n, 7);
// error: is missing the following properties from type 'TaskDefinition<Schema, Schema, Schema>': input, output, progress, delivery, and 2 more.
handler({ name: "square" }, () => 1);

// Wrong output.
// error: Type 'string' is not assignable to type 'number | Promise<number>'
handler(square, (n) => `${n}`);
// error: Type 'Promise<string>' is not assignable to type 'number | Promise<number>'
handler(square, async (n) => `${n}`);
// error: Type 'string' is not assignable to type 'number'
handler(count, () => ({ the: "many" }));
// error: Type '{ [x: string]: string; }' is not assignable to type 'Record<string, number>'
handler(count, async ({ path }) => ({ [path]: "many" }));
// error: Type 'void' is not assignable to type 'number | Promise<number>'
handler(square, () => {});

// Wrong use of what a handler is given.
// error: Type 'number' is not assignable to type 'string'
handler(square, (n: string) => n.length);
// error: Property 'file' does not exist on type '{ path: string; limit: number; }'
handler(count, ({ file }) => ({ [file]: 1 }));
handler(count, (_input, ctx) => {
  // error: Argument of type 'string' is not assignable to parameter of type 'number'
  ctx.progress("half");
  return {};
});
handler(square, (n, ctx) => {
  // error: Argument of type 'number' is not assignable to parameter of type 'NoProgressSchemaDeclared'
  ctx.progress(0.5);
  // error: Property 'logger' does not exist on type 'HandlerContext
  ctx.logger.info("squaring");
  return n;
});

// Wrong definitions.
// error: Property 'output' is missing in type
defineTask({ name: "square", input: type<number>() });
// error: 'path' does not exist in type 'StandardSchemaV1<unknown, unknown>'
defineTask({ name: "square", input: { path: "string" }, output: type<number>() });
// error: 'retries' does not exist in type 'TaskOptions
defineTask({ name: "square", input: type<number>(), output: type<number>(), retries: 3 });
// error: 'attempts' does not exist in type 'RetryOptions'
defineTask({ name: "square", input: type<number>(), output: type<number>(), retry: { attempts: 3 } });
// error: Type '"exactly-once"' is not assignable to type 'Delivery'
defineTask({ name: "square", input: type<number>(), output: type<number>(), delivery: "exactly-once" });

// A code that does not exist.
// error: Argument of type '"TQ_ERR_CLOSE"' is not assignable to parameter of type
isTqError(new Error(), "TQ_ERR_CLOSE");
