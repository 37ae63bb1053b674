/** The push lane as the command line has it: flags, ready lines, and what is said of what is lost. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { anyPort, handlersFile, killAll, startTq, type TqProcess, tq } from "./tq-process.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-push-"));
  file = join(folder, "results.ndjson");
});
afterEach(async () => {
  await killAll();
  rmSync(folder, { recursive: true });
});

interface Lane {
  readonly sink: TqProcess;
  readonly ventilator: TqProcess;
  readonly workers: string;
  readonly producers: string;
}

async function startLane(): Promise<Lane> {
  const sink = startTq(["sink", "--bind", anyPort, "--push", anyPort, "--out", file]);
  const { bind = "", push: pull } = await sink.ready();
  const places = ["--workers", anyPort, "--producers", anyPort, "--push", anyPort, "--sink", bind];
  const ventilator = startTq(["ventilator", ...places]);
  const { workers = "", producers = "", push } = await ventilator.ready();
  expect([pull, push]).toEqual([
    expect.stringMatching(/^tcp:.*:\d+$/),
    expect.stringMatching(/^tcp:.*:\d+$/),
  ]);
  return { sink, ventilator, workers, producers };
}

async function startWorker({ workers }: Lane, name: string): Promise<TqProcess> {
  const words = ["--ventilator", workers, "--concurrency", "2", "--name", name];
  const worker = startTq(["worker", handlersFile, ...words]);
  await worker.ready();
  return worker;
}

const submit = ({ producers }: Lane, task: string, lines: readonly unknown[]) =>
  tq(["submit", task, "-", "--ventilator", producers, "--delivery", "at-most-once"], {
    input: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
  });

const patience = { timeout: 20_000, interval: 5 };

const results = (): readonly Record<string, unknown>[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

async function expectEnd(...processes: readonly TqProcess[]): Promise<void> {
  for (const process of processes) {
    process.signal("SIGTERM");
    expect((await process.ended).exitCode).toBe(0);
  }
}

test("a worker killed in the middle: the tasks that are not in the sink's file are said to be missing, as many as there are", async () => {
  const lane = await startLane();
  const victim = await startWorker(lane, "victim");
  const until = join(folder, "until");
  const inputs = Array.from({ length: 12 }, (_, n) => ({ started: join(folder, `started-${n}`), until }));
  const { exitCode } = await submit(lane, "wait", inputs);
  expect(exitCode).toBe(0);
  const startedCount = () => inputs.filter(({ started }) => existsSync(started)).length;
  await expect.poll(startedCount, patience).toBe(2);
  const other = await startWorker(lane, "other");
  await expect.poll(startedCount, patience).toBeGreaterThan(2);
  // Both have some, and the victim more than it runs: two for each slot.
  victim.signal("SIGKILL");
  await victim.ended;
  writeFileSync(until, "");

  const said = await lane.ventilator.logged(/never came to their sink/);
  expect(said).toMatchObject({ event: "push.missing", task: "wait", through: 12 });
  expect(Number(said.missing)).toBeGreaterThanOrEqual(2);
  expect(results()).toHaveLength(12 - Number(said.missing));
  await expectEnd(other, lane.ventilator, lane.sink);
  expect(lane.ventilator.stderr).not.toMatch(/drain\.left/);
  expect(results()).toHaveLength(12 - Number(said.missing));
});

test("workers stopped in order while others go on: each task is in the sink's file once, and nothing is missing", async () => {
  const lane = await startLane();
  const leaver = await startWorker(lane, "leaver");
  const count = 20_000;
  const submitting = submit(
    lane,
    "square",
    Array.from({ length: count }, (_, n) => n),
  );
  await expect.poll(() => results().length, patience).toBeGreaterThan(100);
  const heir = await startWorker(lane, "heir");
  await expectEnd(leaver);
  const { exitCode, stdout } = await submitting;
  expect({ exitCode, ...JSON.parse(stdout) }).toMatchObject({ exitCode: 0, accepted: count });
  await expectEnd(heir, lane.ventilator, lane.sink);
  expect(lane.ventilator.stderr).not.toMatch(/push\.missing|drain\.left/);
  expect(new Set(results().map(({ taskId }) => taskId)).size).toBe(count);
  expect(results()).toHaveLength(count);
});

test("a submission that has no push lane to go to ends with the reason, and so does waiting for its results", async () => {
  const ventilator = startTq(["ventilator", "--workers", anyPort, "--producers", anyPort]);
  const { producers = "" } = await ventilator.ready();
  const words = ["submit", "square", "2", "--ventilator", producers, "--delivery", "at-most-once"];
  const refused = await tq(words);
  expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
  expect(refused.stderr).toMatch(/^tq: TQ_ERR_NO_PUSH_LANE: .*give it a push endpoint.*\n$/m);
  const waiting = await tq([...words, "--wait"]);
  expect(waiting).toMatchObject({ exitCode: 2, stdout: "" });
  expect(waiting.stderr).toMatch(/^tq: TQ_ERR_INVALID_OPTION: --wait needs --delivery at-least-once: .*\n$/);
});
