// Two ventilators without a journal, two sinks, three workers, two producers, as processes over tcp. One of each is killed
// while tasks flow: no task is lost or committed twice, and work goes on.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Producer, startProducer } from "@tq/producer";
import { openResults } from "@tq/sink";
import { afterEach, beforeEach, expect, test } from "vitest";
import { square } from "./fixtures/tasks.ts";
import { CapturedLog } from "./support/captured-log.ts";
import { anyPort, handlersFile, killAll, startTq, type TqProcess } from "./tq-process.ts";

const gapMsMax = 5_000;

let folder: string;
let killed: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-several-"));
});
afterEach(async () => {
  killed?.kill("SIGKILL");
  await killAll();
  rmSync(folder, { recursive: true });
});

/** A role that is killed and started anew with the same words: its endpoints are those it had. */
interface Restartable {
  process: TqProcess;
  readonly words: readonly string[];
}

const storeOf = (place: number): string => join(folder, `${place}.db`);

async function startSink(place: number): Promise<Restartable & { readonly bind: string }> {
  const store = ["--store", storeOf(place)];
  const process = startTq(["sink", "--bind", anyPort, ...store]);
  const { bind = "" } = await process.ready();
  return { process, bind, words: ["sink", "--bind", bind, ...store] };
}

async function startVentilator(sinks: readonly string[]) {
  const to = sinks.flatMap((sink) => ["--sink", sink]);
  const process = startTq(["ventilator", "--workers", anyPort, "--producers", anyPort, ...to]);
  const { workers = "", producers = "" } = await process.ready();
  return {
    process,
    workers,
    producers,
    words: ["ventilator", "--workers", workers, "--producers", producers, ...to],
  };
}

async function startWorker(ventilators: readonly string[]): Promise<Restartable> {
  const words = ["worker", handlersFile, ...ventilators.flatMap((workers) => ["--ventilator", workers])];
  const process = startTq(words);
  await process.ready();
  return { process, words };
}

async function startFleet() {
  const sinks = await Promise.all([startSink(0), startSink(1)]);
  const binds = sinks.map(({ bind }) => bind);
  const ventilators = await Promise.all([startVentilator(binds), startVentilator(binds)]);
  const of = ventilators.map(({ workers }) => workers);
  const workers = await Promise.all([startWorker(of), startWorker(of), startWorker(of)]);
  return { sinks, ventilators, workers, producers: ventilators.map(({ producers }) => producers) };
}

/** Submits and runs tasks without end, and takes the time between results. */
class Load {
  readonly submitted = new Set<string>();
  readonly stopped: Promise<void>;
  longestGapMs = 0;
  readonly #producer: Producer;
  #isOver = false;
  #settled = 0;
  #settledAt = performance.now();

  constructor(producer: Producer) {
    this.#producer = producer;
    this.stopped = this.#work();
  }

  stop(): Promise<void> {
    this.#isOver = true;
    return this.stopped;
  }

  /** Resolves when so many more results have come. */
  async more(count: number): Promise<void> {
    const target = this.#producer.stats().settled + count;
    const reached = (): boolean => {
      const { settled } = this.#producer.stats();
      const now = performance.now();
      if (settled > this.#settled) {
        this.#settled = settled;
        this.#settledAt = now;
      }
      this.longestGapMs = Math.max(this.longestGapMs, now - this.#settledAt);
      return settled >= target;
    };
    await expect.poll(reached, { interval: 20, timeout: 30_000 }).toBe(true);
  }

  /** No faster than answers come, so that a few hundred tasks are on their way. */
  async #work(): Promise<void> {
    while (!this.#isOver) {
      const since = performance.now();
      const { ids } = await this.#producer.submitMany(square, Array.from({ length: 20 }).keys());
      for (const { origin, first, last } of ids) {
        for (let seq = first; seq <= last; seq++) this.submitted.add(`${origin}-${seq}`);
      }
      expect(await this.#producer.run(square, 3)).toBe(9);
      this.longestGapMs = Math.max(this.longestGapMs, performance.now() - since);
    }
  }
}

test("any of them is killed while tasks flow: nothing is lost or committed twice, and no pause is longer than 5 s", async () => {
  const { sinks, ventilators, workers, producers } = await startFleet();
  const file = join(import.meta.dirname, "fixtures/producer-process.ts");
  killed = spawn(process.execPath, [file, ...producers], { stdio: ["ignore", "pipe", "ignore"] });
  if (killed.stdout !== null) await once(killed.stdout, "data");
  const captured = new CapturedLog();
  const producer = await startProducer({ ventilators: producers, log: captured.log });
  const load = new Load(producer);
  await load.more(200);
  for (const role of [ventilators[0], sinks[0], workers[0]]) {
    if (role === undefined) throw new Error("there are several of each");
    role.process.signal("SIGKILL");
    await role.process.ended;
    await load.more(500);
    role.process = startTq(role.words);
    await role.process.ready();
    await load.more(500);
  }
  killed.kill("SIGKILL");
  await load.more(500);
  await load.stop();
  await producer.drain();
  await expect.poll(() => producer.stats().keptBytes, { timeout: 30_000 }).toBe(0);
  expect(producer.stats().handedOn).toBeGreaterThan(0);
  expect(captured.of("tasks.lost")).toEqual([]);
  await producer.close();

  const commits = new Map<string, number>();
  for (const place of sinks.keys()) {
    using results = openResults(storeOf(place));
    for (const { taskId } of results.query()) commits.set(taskId, (commits.get(taskId) ?? 0) + 1);
  }
  const lost = [...load.submitted].filter((id) => !commits.has(id));
  const twice = [...commits].filter(([, count]) => count > 1);
  expect({ lost, twice }).toEqual({ lost: [], twice: [] });
  expect(load.submitted.size).toBeGreaterThan(2_000);
  expect(load.longestGapMs).toBeLessThan(gapMsMax);
}, 120_000);
