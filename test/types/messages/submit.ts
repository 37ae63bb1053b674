// What an editor says where a task is submitted wrongly.
import { defineTask, type } from "@tq/common";
import type { TaskSubmitter } from "@tq/common/submit";
import { z } from "zod";

declare const tq: TaskSubmitter;
const square = defineTask({ name: "square", input: type<number>(), output: type<number>() });
const count = defineTask({
  name: "text.count",
  input: z.object({ path: z.string(), limit: z.number().default(10) }),
  output: z.record(z.string(), z.number()),
});

// error: Argument of type 'string' is not assignable to parameter of type 'number'
tq.submit(square, "7");
// error: Property 'path' is missing in type '{ limit: number; }' but required in type '{ path: string; limit?: number | undefined; }'
tq.run(count, { limit: 3 });
// error: Argument of type 'string' is not assignable to parameter of type 'AnyTask'
tq.run("square", 7);
// error: Type 'string' is not assignable to type 'number'
tq.map(square, [1, "2"]);
// error: Argument of type 'number' is not assignable to parameter of type 'Inputs<number>'
tq.submitMany(square, 7);
// error: 'timeout' does not exist in type 'SubmitOptions'. Did you mean to write 'timeoutMs'?
tq.submit(square, 7, { timeout: 5 });
// error: Type 'number' is not assignable to type 'AbortSignal'
tq.run(square, 7, { signal: 5 });
export async function outputs() {
  // error: Type 'number' is not assignable to type 'string'
  const text: string = await tq.run(square, 7);
  for await (const { outcome } of tq.mapSettled(square, [7])) {
    // error: Property 'output' does not exist on type '{ readonly status: "failed"; readonly error: RemoteError; }'
    outcome.output.toFixed();
    if (outcome.status === "completed") outcome.output.toFixed();
  }
  return text;
}
