/** Roles of one process, joined by inproc: in its main thread and in others. */
import { Worker as Thread } from "node:worker_threads";
import { handler } from "@tq/common";
import { startProducer } from "@tq/producer";
import { expect, onTestFinished, test } from "vitest";
import { hold, square } from "./fixtures/tasks.ts";
import { CapturedLog } from "./support/captured-log.ts";
import { Cluster, waitOptions } from "./support/cluster.ts";
import { CollectedResults } from "./support/collected-results.ts";
import { patient } from "./support/timings.ts";

const anyName = "inproc://*";

const startCluster = (): Promise<Cluster> =>
  Cluster.start({
    timing: patient,
    sink: { bind: anyName },
    ventilator: { workers: anyName, producers: anyName },
  });

function workerThread(workerData: { ventilator: string; isStuck: boolean }): Thread {
  const thread = new Thread(new URL("./fixtures/inproc-worker-thread.ts", import.meta.url), { workerData });
  onTestFinished(async () => {
    await thread.terminate();
  });
  return thread;
}

test("all roles in one process: results reach the sink, answers their callers", async () => {
  await using cluster = await startCluster();
  expect(cluster.ventilator.endpoints.workers).toMatch(/^inproc:\/\/tq-/);
  await cluster.worker({ handlers: [handler(square, (n) => n * n)] });
  const { role: producer } = await cluster.producer();
  const inputs = Array.from({ length: 2_000 }, (_, index) => index);
  await producer.submitMany(square, inputs);
  const answers: number[] = [];
  for await (const answer of producer.map(square, inputs)) answers.push(answer);
  expect(answers).toEqual(inputs.map((n) => n * n));
  await cluster.results.until(inputs.length);
  await cluster.expectRest();
  expect(cluster.results.repeated).toEqual([]);
});

test("a sink that is started anew under its name goes on where the old one ended", async () => {
  await using cluster = await startCluster();
  await cluster.worker({ handlers: [handler(square, (n) => n * n)] });
  await cluster.ventilator.submit(square, 3);
  await cluster.results.until(1);
  await cluster.expectRest();
  await cluster.sink.close();
  await cluster.events.next("sink.lost");
  const { taskId } = await cluster.ventilator.submit(square, 4);
  const rest = new CollectedResults(await cluster.startSink({ bind: cluster.sink.endpoint }));
  await rest.until(1);
  expect(rest.only(taskId)).toMatchObject({ outcome: "completed", output: 16 });
});

test("a worker whose thread is killed takes nothing along: its task runs in another thread", async () => {
  await using cluster = await startCluster();
  const ventilator = cluster.ventilator.endpoints.workers;
  const stuck = workerThread({ ventilator, isStuck: true });
  const held = new Promise((resolve) => stuck.once("message", resolve));
  const answer = cluster.ventilator.run(hold, 7);
  await held;
  await stuck.terminate();
  workerThread({ ventilator, isStuck: false });
  expect(await answer).toBe(7);
  expect(await cluster.ventilator.run(square, 5)).toBe(25);
  await cluster.expectRest();
});

test("a name that nobody has bound is said in the log, with what inproc cannot reach", async () => {
  await using cluster = await startCluster();
  await cluster.startVentilator({ sinks: ["inproc://elsewhere"] });
  await expect
    .poll(() => cluster.logs.ventilator.of("endpoint.nobody"), waitOptions)
    .toMatchObject([
      {
        level: 40,
        endpoint: "inproc://elsewhere",
        code: "UNBOUND",
        msg: expect.stringContaining("nobody in this process has bound it"),
      },
    ]);
});

test("a producer that finds nobody says why there can be nobody", async () => {
  await expect(
    startProducer({ ventilators: ["inproc://elsewhere"], timeoutMs: 1_500, log: new CapturedLog().log }),
  ).rejects.toMatchObject({
    code: "TQ_ERR_UNREACHABLE",
    message: expect.stringContaining("within 1500 ms: nobody in this process has bound it"),
  });
});
