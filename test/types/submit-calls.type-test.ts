// What the compiler makes of a submitter's calls: inputs as the caller gives them, outputs as the consumer gets them.
import { defineTask, type Outcome, type OutcomeStatus, type } from "@tq/common";
import type { SettledTask, SubmittedTask, SubmittedTasks, TaskSubmitter } from "@tq/common/submit";
import { z } from "zod";
import type { Equal, Expect } from "./expect-type.ts";

declare const tq: TaskSubmitter;

const thumbnail = defineTask({
  name: "image.thumbnail",
  input: z.object({ path: z.string(), width: z.number().default(100) }),
  output: z.object({ bytes: z.number(), note: z.string().default("") }),
});
const notify = defineTask({ name: "notify", input: type<string | undefined>(), output: type<void>() });
type Thumbnail = { bytes: number; note: string };

export async function calls() {
  const submitted = await tq.submit(thumbnail, { path: "a.png" }, { timeoutMs: 5, priority: 1 });
  const many = await tq.submitMany(thumbnail, [{ path: "a.png" }, { path: "b.png", width: 5 }], {
    delivery: "at-most-once",
  });
  const output = await tq.run(thumbnail, { path: "a.png" }, { signal: AbortSignal.timeout(5) });
  const nothing = await tq.run(notify, undefined);
  const end = await tq.cancel(submitted.taskId, { timeoutMs: undefined });
  return { submitted, many, output, nothing, end };
}
type Calls = Awaited<ReturnType<typeof calls>>;

export async function loops(paths: AsyncIterable<{ path: string }>) {
  const map = tq.map(thumbnail, new Set([{ path: "a.png" }]), { inFlight: 5 });
  const settled = tq.mapSettled(thumbnail, paths);
  for await (const output of map) return { output, settled: await settled.next() };
  await using disposed = tq.map(thumbnail, paths);
  return { disposed };
}
type Loop = Extract<Awaited<ReturnType<typeof loops>>, { output: unknown }>;

export type Claims = [
  Expect<Equal<Calls["submitted"], SubmittedTask>>,
  Expect<Equal<Calls["many"], SubmittedTasks>>,
  Expect<Equal<Calls["output"], Thumbnail>>,
  Expect<Equal<Calls["nothing"], void>>,
  Expect<Equal<Calls["end"], OutcomeStatus>>,
  Expect<Equal<Loop["output"], Thumbnail>>,
  Expect<Equal<Loop["settled"], IteratorResult<SettledTask<Thumbnail>, undefined>>>,
  Expect<Equal<SettledTask<Thumbnail>["outcome"], Outcome<Thumbnail>>>,
];

export function misuse() {
  // @ts-expect-error: a default may be left out, what has none may not
  tq.submit(thumbnail, { width: 5 });
  // @ts-expect-error: a name is no definition
  tq.submit("image.thumbnail", { path: "a.png" });
  // @ts-expect-error: every input has the task's input type
  tq.submitMany(thumbnail, [{ path: "a.png" }, { path: 5 }]);
  // @ts-expect-error: one input is not many
  tq.map(thumbnail, { path: "a.png" });
  // @ts-expect-error: an array of promises is not an asynchronous iterable
  tq.map(thumbnail, [Promise.resolve({ path: "a.png" })]);
  // @ts-expect-error: inFlight is for map
  tq.submit(thumbnail, { path: "a.png" }, { inFlight: 5 });
  // @ts-expect-error: who waits for an outcome cannot do with one delivery
  tq.run(thumbnail, { path: "a.png" }, { delivery: "at-most-once" });
  // @ts-expect-error: the same
  tq.map(thumbnail, [{ path: "a.png" }], { delivery: "at-most-once" });
  // @ts-expect-error: there is no such delivery
  tq.submit(thumbnail, { path: "a.png" }, { delivery: "exactly-once" });
  // @ts-expect-error: the limit has its unit in its name
  tq.run(thumbnail, { path: "a.png" }, { timeout: 5 });
  // @ts-expect-error: cancel takes the id, not what submit gave
  tq.cancel({ taskId: "x", traceId: "y" });
}

// A key is one task's, and only for tasks whose results go to a sink.
export async function keys(): Promise<boolean> {
  const { isDuplicate } = await tq.submit(notify, "a", { idempotencyKey: "a", keepForMs: 1000 });
  // @ts-expect-error: one key for many tasks
  await tq.submitMany(notify, ["a"], { idempotencyKey: "a" });
  // @ts-expect-error: whoever waits for an output needs a task of his own
  await tq.run(notify, "a", { idempotencyKey: "a" });
  // @ts-expect-error: the same
  tq.map(notify, ["a"], { idempotencyKey: "a" });
  return isDuplicate;
}
