import { afterAll, beforeAll, expect, test } from "vitest";
import { killAll, type Pipeline, startPipeline, tq } from "./tq-process.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await startPipeline();
  await pipeline.startWorker();
});
afterAll(killAll);

const run = (words: readonly string[], input = "") =>
  tq([...words, "--ventilator", pipeline.producers], { input });
const lines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** Each look starts a process: on a busy machine that may take seconds. */
const looking = { timeout: 60_000, interval: 100 };

const isListed = (id: string) =>
  expect.poll(async () => (await run(["dead", "list"])).stdout, looking).toContain(id);

test("dead letters are listed, shown, retried and discarded", async () => {
  const submitted = await run(["submit", "fail", "-"], "null\nnull\n");
  const [{ origin }] = lines(submitted.stdout);
  const [first, second] = [`${origin}-1`, `${origin}-2`];
  await isListed(second);
  const listed = await run(["dead", "list", "--task", "fail"]);
  expect({ exitCode: listed.exitCode, stderr: listed.stderr }).toEqual({ exitCode: 0, stderr: "" });
  const error = { name: "RangeError", message: "as asked" };
  expect(lines(listed.stdout)).toMatchObject([
    { taskId: first, task: "fail", outcome: "failed", error },
    { taskId: second },
  ]);
  const page = await run(["dead", "list", "--limit", "1"]);
  expect(lines(page.stdout)).toMatchObject([{ taskId: first }]);
  const [, after = ""] = /--after (\S+)/.exec(page.stderr) ?? [];
  expect(lines((await run(["dead", "list", "--after", after])).stdout)).toMatchObject([{ taskId: second }]);

  const shown = await run(["dead", "show", first, "--json"]);
  expect(lines(shown.stdout)).toMatchObject([
    { taskId: first, input: null, errors: [{ error: { ...error, stack: expect.stringContaining("at ") } }] },
  ]);

  const retried = await run(["dead", "retry", first]);
  const [{ retriedAs }] = lines(retried.stdout);
  expect(lines(retried.stdout)).toEqual([{ taskId: first, retriedAs }]);
  await pipeline.sink.waitFor(() => pipeline.sink.lines.find(({ taskId }) => taskId === retriedAs));

  await isListed(retriedAs);
  expect(lines((await run(["dead", "discard", "--all"])).stdout)).toEqual([{ discarded: 2 }]);
  const gone = await run(["dead", "show", first]);
  expect([gone.exitCode, gone.stderr]).toEqual([2, expect.stringMatching(/^tq: TQ_ERR_UNKNOWN_TASK: /)]);
});

test("a choice is needed, and only one", async () => {
  for (const words of [["discard"], ["retry", "00000000000000aa-1", "--all"]]) {
    const { exitCode, stderr } = await run(["dead", ...words]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/takes ids, or else --task, --outcome or --all/);
  }
});

test("a task that is submitted again under its key is the first one; another input is refused", async () => {
  const submit = (input: string) =>
    run(["submit", "square", input, "--idempotency-key", "k", "--keep-for", "1m"]);
  const [first] = lines((await submit("5")).stdout);
  const again = await submit("5");
  expect([again.exitCode, lines(again.stdout)]).toEqual([0, [{ ...first, isDuplicate: true }]]);
  const other = await submit("6");
  expect(other.exitCode).toBe(2);
  expect(other.stderr).toMatch(/^tq: TQ_ERR_IDEMPOTENCY_CONFLICT: /);
  const many = await run(["submit", "square", "-", "--idempotency-key", "k"]);
  expect([many.exitCode, many.stderr]).toEqual([2, expect.stringContaining("for one task")]);
});
