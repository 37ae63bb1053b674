import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { handlersFile, isAlive, killAll, startPipeline, startTq, tq } from "./tq-process.ts";

afterEach(killAll);

/** The ids of the worker processes that have become ready, oldest first. */
const processesOf = (worker: { log: readonly Record<string, unknown>[] }): number[] =>
  worker.log.filter(({ msg }) => /is ready/.test(String(msg))).map(({ processPid }) => Number(processPid));

describe("worker processes", () => {
  test("are restarted when they die, which is said with the signal", async () => {
    const { producers, startWorker } = await startPipeline();
    const worker = await startWorker();
    const [first = 0] = processesOf(worker);
    process.kill(first, "SIGKILL");
    expect(await worker.logged(/ended: signal SIGKILL; another starts in 100 ms/)).toMatchObject({
      processPid: first,
    });
    await worker.waitFor(() => (processesOf(worker).length === 2 ? true : undefined));
    const { stdout } = await tq(["submit", "pid", "--wait", "--ventilator", producers]);
    expect(JSON.parse(stdout).output).toBe(processesOf(worker)[1]);
  });

  test("are as many as asked for, behind one ready line, and what they print stays off stdout", async () => {
    const { producers, workers, startWorker } = await startPipeline();
    const worker = await startWorker("--processes", "3", "--concurrency", "1", "--name", "three");
    const pids = processesOf(worker);
    expect(new Set(pids).size).toBe(3);
    const inputs = "0\n".repeat(60);
    const { stdout } = await tq(["submit", "pid", "-", "--wait", "--ventilator", producers], {
      input: inputs,
    });
    const used = new Set(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).output),
    );
    expect([...used].every((pid) => pids.includes(pid))).toBe(true);
    expect(worker.stdout).toBe(
      `ready ${JSON.stringify({ role: "worker", pid: worker.pid, ventilators: [workers] })}\n`,
    );
    expect(worker.stderr).toContain("a handler prints");
  });

  test("end with their parent, however it ends", async () => {
    const { startWorker } = await startPipeline();
    const worker = await startWorker("--processes", "2");
    const pids = processesOf(worker);
    worker.signal("SIGKILL");
    await expect.poll(() => pids.filter(isAlive), { timeout: 20_000 }).toEqual([]);
  });

  test("survive a task that ends its process; the task is dead, and others run on", async () => {
    const { sink, producers, startWorker } = await startPipeline();
    const worker = await startWorker();
    await tq(["submit", "exit", "1", "--ventilator", producers, "--handlers", handlersFile]);
    const dead = await sink.waitFor(() => sink.lines.find(({ task }) => task === "exit"));
    expect(dead).toMatchObject({ outcome: "dead", error: { code: "TQ_ERR_WORKER_LOST" } });
    expect(await worker.logged(/ended: exit code 7/)).toBeDefined();
    const { stdout } = await tq(["submit", "square", "3", "--wait", "--ventilator", producers]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "completed", output: 9 });
  });
});

describe("a worker", () => {
  test("is ready when its handlers are loaded, and says once that no ventilator is there", async () => {
    const worker = startTq(["worker", handlersFile, "--ventilator", "tcp://127.0.0.1:9"]);
    expect(await worker.ready()).toEqual({
      role: "worker",
      pid: worker.pid,
      ventilators: ["tcp://127.0.0.1:9"],
    });
    await worker.waitFor(() => worker.log.find(({ event }) => /unreachable/.test(String(event))));
    worker.signal("SIGTERM");
    expect((await worker.ended).exitCode).toBe(0);
    expect(worker.log.filter(({ event }) => /unreachable/.test(String(event)))).toHaveLength(1);
  });

  test("at an endpoint of another kind ends with code 2, and names the right one", async () => {
    const { producers, workers } = await startPipeline();
    const { exitCode, stderr } = await tq([
      "worker",
      handlersFile,
      "--ventilator",
      producers,
      "--log-level",
      "silent",
    ]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(new RegExp(`^tq: TQ_ERR_WRONG_ENDPOINT: .*${workers}.*\n$`));
  });

  describe("with a task under way", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "tq-worker-"));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    async function startWaiting() {
      const { sink, producers, startWorker } = await startPipeline();
      const worker = await startWorker();
      const [started, until] = [join(folder, "started"), join(folder, "until")];
      await tq(["submit", "wait", JSON.stringify({ started, until }), "--ventilator", producers]);
      await expect.poll(() => existsSync(started), { timeout: 20_000 }).toBe(true);
      return { sink, worker, finish: () => writeFileSync(until, "") };
    }

    test.each(["SIGTERM", "SIGINT"] as const)(
      "finishes it at %s, and its result is committed",
      async (signal) => {
        const { sink, worker, finish } = await startWaiting();
        worker.signal(signal);
        await worker.logged(/draining, at most 25 s/);
        finish();
        expect((await worker.ended).exitCode).toBe(0);
        const result = await sink.waitFor(() => sink.lines[0]);
        expect(result).toMatchObject({ task: "wait", outcome: "completed", attempt: 1 });
      },
    );

    test("says so and ends with code 1 when its process dies while it drains", async () => {
      const { worker } = await startWaiting();
      const [pid = 0] = processesOf(worker);
      worker.signal("SIGTERM");
      await worker.logged(/draining, at most 25 s/);
      process.kill(pid, "SIGKILL");
      const { exitCode, stderr } = await worker.ended;
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`(pid ${pid}) ended while it drained: signal SIGKILL`);
    });

    test("quits at once at a second signal, says so, and leaves no process behind", async () => {
      const { worker } = await startWaiting();
      const pids = processesOf(worker);
      worker.signal("SIGTERM");
      await worker.logged(/draining, at most 25 s/);
      worker.signal("SIGINT");
      const { exitCode, stderr } = await worker.ended;
      expect(exitCode).toBe(130);
      expect(stderr).toMatch(/tq: SIGINT again: quitting at once/);
      await expect.poll(() => pids.filter(isAlive), { timeout: 20_000 }).toEqual([]);
    });
  });
});
