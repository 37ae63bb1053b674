/** `ventilator.control`, with workers that obey, that are gone, that belong to another ventilator, too, and in real processes. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineTask, handler, type } from "@tq/common";
import { afterEach, describe, expect, test, vi } from "vitest";
import { napping, squaring } from "./fixtures/handlers.ts";
import { hold, nap, square } from "./fixtures/tasks.ts";
import { Cluster, waitOptions } from "./support/cluster.ts";
import { killAll, startTq } from "./tq-process.ts";

const handlersFile = new URL("./fixtures/cli-handlers.ts", import.meta.url).pathname;

afterEach(killAll);

const namesOf = (workers: readonly { readonly name: string }[]): string[] =>
  workers.map(({ name }) => name).sort();

describe("pause and resume", () => {
  test("stop tasks in the middle and let them go on, and none is lost", async () => {
    await using cluster = await Cluster.start();
    let started = 0;
    const counting = handler(nap, async (ms, ctx) => {
      started += 1;
      return napping.run(ms, ctx);
    });
    for (const name of ["one", "two"]) await cluster.worker({ name, concurrency: 4, handlers: [counting] });
    await cluster.events.next("worker.joined", { count: 2 });
    const { ventilator } = cluster;
    const taskCount = 1_000;
    await ventilator.submitMany(nap, new Array<number>(taskCount).fill(2));
    await cluster.results.until(100);
    const { confirmed, unconfirmed } = await ventilator.control("pause", { task: nap });
    expect([namesOf(confirmed), unconfirmed]).toEqual([["one", "two"], []]);
    await vi.waitFor(() => expect(ventilator.stats()).toMatchObject({ leased: 0 }), waitOptions);
    const startedBefore = started;
    expect(startedBefore).toBeLessThan(taskCount);
    await cluster.events.next("tasks.paused");
    expect(started).toBe(startedBefore);
    expect(ventilator.stats()).toMatchObject({
      pauses: [{ command: "pause", task: "nap" }],
      paused: [{ task: "nap", waiting: taskCount - startedBefore }],
      unroutable: [],
    });
    await ventilator.control("resume");
    await cluster.results.until(taskCount);
    await cluster.expectRest();
    expect(started).toBe(taskCount);
    expect(cluster.results.repeated).toEqual([]);
  });

  test("hold for a worker that comes later, and for the tasks that were named only", async () => {
    await using cluster = await Cluster.start();
    const { ventilator } = cluster;
    expect(await ventilator.control("pause", { task: "nap", tags: ["gpu"] })).toEqual({
      confirmed: [],
      unconfirmed: [],
    });
    await cluster.worker({ name: "late", tags: ["gpu", "big"], handlers: [napping, squaring] });
    const napped = ventilator.run(nap, 1);
    expect(await ventilator.run(square, 3)).toBe(9);
    await cluster.events.next("tasks.paused");
    await ventilator.control("resume", { tags: ["gpu"] });
    expect(await napped).toBe(1);
  });

  test("are of one ventilator: the tasks of another run on at the same worker", async () => {
    await using cluster = await Cluster.start();
    const { role: other } = await cluster.startVentilator();
    const ventilators = [cluster.ventilator.endpoints.workers, other.endpoints.workers];
    await cluster.worker({ name: "shared", ventilators, handlers: [squaring] });
    await cluster.events.next("worker.joined");
    await cluster.ventilator.control("pause");
    expect(await other.run(square, 4)).toBe(16);
  });
});

describe("drain", () => {
  test("makes a worker finish what runs, leave all of its ventilators, and close", async () => {
    await using cluster = await Cluster.start();
    const { role: other, events } = await cluster.startVentilator();
    const ventilators = [cluster.ventilator.endpoints.workers, other.endpoints.workers];
    const running = Promise.withResolvers<void>();
    const released = Promise.withResolvers<number>();
    const holding = handler(hold, () => {
      running.resolve();
      return released.promise;
    });
    const { role } = await cluster.worker({ name: "shared", ventilators, handlers: [holding] });
    const held = cluster.ventilator.run(hold, 1);
    await running.promise;
    expect(await cluster.ventilator.control("drain")).toMatchObject({ confirmed: [{ name: "shared" }] });
    released.resolve(7);
    expect(await held).toBe(7);
    await role.closed;
    await Promise.all([cluster.events.next("worker.left"), events.next("worker.left")]);
  });

  test("ends tq worker with 0, and nobody starts its processes anew", async () => {
    await using cluster = await Cluster.start();
    const { endpoints } = cluster.ventilator;
    const words = [
      "worker",
      handlersFile,
      "--ventilator",
      endpoints.workers,
      "--processes",
      "2",
      "--name",
      "pool",
    ];
    const leaving = startTq([...words, "--tags", "old,gpu"]);
    const staying = startTq(words, { environment: { TQ_TAGS: "new" } });
    await Promise.all([leaving.ready(), staying.ready()]);
    await cluster.events.next("worker.joined", { count: 4 });
    const { confirmed } = await cluster.ventilator.control("drain", { tags: ["old"] });
    expect(confirmed).toEqual([
      { name: expect.stringMatching(/^pool\/[12]$/), tags: ["old", "gpu"] },
      { name: expect.stringMatching(/^pool\/[12]$/), tags: ["old", "gpu"] },
    ]);
    expect(await leaving.ended).toMatchObject({ exitCode: 0 });
    expect(leaving.log.filter(({ msg }) => /another starts/.test(String(msg)))).toEqual([]);
    expect(await cluster.ventilator.run(square, 5)).toBe(25);
  });

  test("ends tq worker with 1 when its process dies before it has left, and nobody starts it anew", async () => {
    await using cluster = await Cluster.start();
    const folder = mkdtempSync(join(tmpdir(), "tq-drain-"));
    const [started, until] = [join(folder, "started"), join(folder, "until")];
    const wait = defineTask({ name: "wait", input: type<object>(), output: type<string>() });
    const leaving = startTq(["worker", handlersFile, "--ventilator", cluster.ventilator.endpoints.workers]);
    try {
      await leaving.ready();
      await cluster.ventilator.submit(wait, { started, until });
      await expect.poll(() => existsSync(started), waitOptions).toBe(true);
      expect(await cluster.ventilator.control("drain")).toMatchObject({ unconfirmed: [] });
      const { processPid } = await leaving.logged(/is ready/);
      process.kill(Number(processPid), "SIGKILL");
      const { exitCode, stderr } = await leaving.ended;
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`(pid ${processPid}) ended while it drained: signal SIGKILL`);
      expect(stderr).not.toContain("another starts");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a worker that cannot confirm", () => {
  test("costs no more than the time that was given; when it is killed it is known to be gone", async () => {
    await using cluster = await Cluster.start();
    const { ventilator } = cluster;
    const dying = await cluster.workerProcess({ name: "dying" });
    await cluster.worker({ name: "fine", handlers: [squaring] });
    await cluster.events.next("worker.joined", { count: 2 });
    dying.signal("SIGSTOP");
    expect(await ventilator.control("pause", { timeoutMs: 100 })).toMatchObject({
      confirmed: [{ name: "fine" }],
      unconfirmed: [{ name: "dying", reason: "timeout" }],
    });
    const resumed = ventilator.control("resume", { timeoutMs: 60_000 });
    await dying.kill();
    expect(await resumed).toMatchObject({ unconfirmed: [{ name: "dying", reason: "gone" }] });
  });

  test("ends the wait when the ventilator closes, which takes no command after that", async () => {
    await using cluster = await Cluster.start();
    const { ventilator } = cluster;
    const stopped = await cluster.workerProcess({ name: "stopped" });
    await cluster.events.next("worker.joined");
    stopped.signal("SIGSTOP");
    const paused = ventilator.control("pause", { timeoutMs: 60_000 });
    await ventilator.close();
    expect(await paused).toMatchObject({ unconfirmed: [{ name: "stopped", reason: "gone" }] });
    await expect(ventilator.control("resume")).rejects.toMatchObject({ code: "TQ_ERR_CLOSED" });
  });
});
