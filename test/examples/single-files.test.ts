import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { outputOf } from "./started-program.ts";

test("local.ts runs, maps and collects in one process", async () => {
  expect(await outputOf("examples/local.ts")).toEqual([
    "7 squared is 49",
    "the squares up to 100000 add up to 333338333350000",
    "accepted 3",
    "collected 1",
    "collected 4",
    "collected 9",
  ]);
});

test("typed-tasks.ts gets defaults and transforms at the handler, and errors with code and path at the caller", async () => {
  expect(await outputOf("examples/typed-tasks.ts")).toEqual([
    "25.00, due in 2026",
    "the input of shop.invoice does not fit its schema: cents[1]: Invalid input: expected number, received string",
    "TQ_ERR_TASK_FAILED, attempt 2: RangeError: no rate for XAU in attempt 2",
  ]);
});

test("request-reply.ts gets answers in order, failures for themselves, and does not wait for ever", async () => {
  expect(await outputOf("examples/request-reply.ts")).toEqual([
    "9223372036854775808n",
    "5n",
    "10n",
    "15n",
    "0 failed Division by zero",
    "TQ_ERR_DEADLINE_EXCEEDED",
  ]);
});

test("parallel-pipeline.ts sends each task once, to three workers, and says that nothing is missing", async () => {
  expect(await outputOf("examples/parallel-pipeline.ts", { args: ["300"] })).toEqual([
    "300 tasks accepted, 300 sent, 0 missing",
    "1350 ms of naps, by 3 workers",
  ]);
});

test("large-binary.ts gets video frames back in order, and says how fast", async () => {
  const [order, speed] = await outputOf("examples/large-binary.ts", { args: ["20"] });
  expect(order).toBe("20 frames of 1920x1080, in order");
  expect(speed).toMatch(/^[1-9]\d* MB\/s there and back$/);
});

test("map-reduce.ts adds up the words of all texts below a folder, and leaves out what it cannot read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tq-map-reduce-"));
  await using _folder = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  await mkdir(join(folder, "deeper"));
  await writeFile(join(folder, "a.txt"), "The cat and the dog.");
  await writeFile(join(folder, "deeper", "b.md"), "# The dog\n\nconstructor, élan\n");
  await writeFile(join(folder, "c.json"), '{"not": "a text"}');
  expect(await outputOf("examples/map-reduce.ts", { args: [folder] })).toEqual([
    "9 words, 6 of them different, in 2 files",
    "the 3",
    "dog 2",
    "and 1",
    "cat 1",
    "constructor 1",
  ]);
  await symlink(join(folder, "nowhere"), join(folder, "z.txt"));
  const output = await outputOf("examples/map-reduce.ts", { args: [folder] });
  expect(output.filter((line) => /^left out: ENOENT/.test(line))).toHaveLength(1);
  expect(output).toContain("9 words, 6 of them different, in 2 files");
});

test("failures.ts runs what is submitted twice once, and what has failed again when it is retried", async () => {
  expect(await outputOf("examples/failures.ts")).toEqual([
    "duplicate: true, the same task: true",
    "failed at attempt 2",
    "failed at attempt 1",
    "{ order: 7 } the bank is busy, then the bank is closed",
    "{ order: -1 } there is no order -1",
    "discarded: 1",
    "order 7 is paid",
  ]);
});

test("two-ventilators.ts gives each ventilator half of the workers, although one has a hundred times the work", async () => {
  const [line = "", ...more] = await outputOf("examples/two-ventilators.ts");
  expect(more).toEqual([]);
  const [, percent] =
    /^while the 2000 tasks of "small" ran, "large" had (\d+) % of the workers$/.exec(line) ?? [];
  expect(Number(percent)).toBeGreaterThan(40);
  expect(Number(percent)).toBeLessThan(60);
});

test("events.ts shows a late subscriber what waits, and then the events it has chosen, over a proxy", async () => {
  expect(await outputOf("examples/events.ts")).toEqual([
    "snapshot 3 tasks wait, 0 workers",
    "worker.joined from the ventilator",
    "task.failed 2: 3 is odd",
  ]);
});
