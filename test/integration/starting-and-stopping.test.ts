/** What a start that cannot work gets, who waits for whom, and what is refused at the end. */
import { defineTask, handler, type } from "@tq/common";
import { startLocal } from "@tq/local";
import { startProducer } from "@tq/producer";
import { startSink } from "@tq/sink";
import { startVentilator, type Ventilator } from "@tq/ventilator";
import { startWorker } from "@tq/worker";
import { describe, expect, test, vi } from "vitest";
import { square } from "./fixtures/tasks.ts";
import { CapturedLog } from "./support/captured-log.ts";
import { anyPort, Cluster, waitOptions } from "./support/cluster.ts";
import { errorOf } from "./support/error-of.ts";
import { patient } from "./support/timings.ts";

const squaring = handler(square, (n: number) => n * n);
const { log } = new CapturedLog();

/** Where nobody is: a port that was free a moment ago. */
const emptyEndpoint = async (): Promise<string> => {
  await using sink = await startSink({ bind: anyPort, log });
  return sink.endpoint;
};

describe("a port that is taken", () => {
  test("is named by every role that would bind it, and the socket that has it serves on", async () => {
    await using cluster = await Cluster.start({ ventilator: { producers: anyPort } });
    const { workers, producers = "" } = cluster.ventilator.endpoints;
    const starts = [
      [workers, () => startVentilator({ workers, log })],
      [producers, () => startVentilator({ workers: anyPort, producers, log })],
      [cluster.sink.endpoint, () => startSink({ bind: cluster.sink.endpoint, log })],
    ] as const;
    for (const [endpoint, start] of starts) {
      const error = await errorOf(start());
      expect(error).toMatchObject({ code: "TQ_ERR_ADDRESS_IN_USE", details: { endpoint } });
      expect(error.message).toContain(endpoint);
    }
    await cluster.worker({ handlers: [squaring] });
    expect(await cluster.ventilator.run(square, 7)).toBe(49);
  });
});

describe("a bind beyond the loopback", () => {
  const everywhere = "tcp://0.0.0.0:*";

  test("is refused by every role that binds, and the remedy is named", async () => {
    const starts = [
      () => startVentilator({ workers: everywhere, log }),
      () => startVentilator({ workers: anyPort, producers: everywhere, log }),
      () => startSink({ bind: everywhere, log }),
    ];
    for (const start of starts) {
      const error = await errorOf(start());
      expect(error.code).toBe("TQ_ERR_INSECURE_BIND");
      expect(error.message).toContain("insecure");
    }
  });

  test("is made when the options say insecure: true", async () => {
    await using sink = await startSink({ bind: everywhere, insecure: true, log });
    await using ventilator = await startVentilator({ workers: everywhere, insecure: true, log });
    for (const endpoint of [sink.endpoint, ventilator.endpoints.workers]) {
      expect(endpoint).toMatch(/^tcp:\/\/0\.0\.0\.0:\d+$/);
    }
  });
});

describe("nobody there", () => {
  test("ends the start of a producer as unreachable when its time is over, with the endpoint", async () => {
    const endpoint = await emptyEndpoint();
    const error = await errorOf(startProducer({ ventilators: [endpoint], timeoutMs: 200, log }));
    expect(error.code).toBe("TQ_ERR_UNREACHABLE");
    expect(error.message).toContain(endpoint);
    expect(error.message).toContain("200 ms");
  });

  test("is said once by a worker, which keeps trying and works when its ventilator comes", async () => {
    const endpoint = await emptyEndpoint();
    await using cluster = await Cluster.start({ timing: patient });
    const { role: worker, events } = await cluster.worker({ ventilators: [endpoint], handlers: [squaring] });
    await events.next("ventilator.unreachable");
    // A worker that said it again would have done so by the time that another would.
    await using second = await startWorker(
      { ventilators: [endpoint], handlers: [squaring], log },
      { timing: { ...patient, unreachableAfterMs: 2 * patient.unreachableAfterMs }, onEvent: events.push },
    );
    await events.next("ventilator.unreachable", { count: 2 });
    await second.close();
    expect(events.of("ventilator.unreachable")).toHaveLength(2);
    expect(cluster.logs.worker.of("ventilator.unreachable")).toHaveLength(1);
    const { role: ventilator } = await cluster.startVentilator({ workers: endpoint });
    expect(await ventilator.run(square, 9)).toBe(81);
    expect(worker.stats().completed).toBe(1);
  });
});

describe("a task that no worker runs", () => {
  const lonely = defineTask({
    name: "lonely",
    version: "2",
    input: type<number>(),
    output: type<number>(),
  });

  test("is accepted, said loudly with who is there, and runs when a worker for it comes", async () => {
    await using cluster = await Cluster.start({ timing: patient });
    const { ventilator, events } = cluster;
    await cluster.worker({ handlers: [squaring] });
    const { taskId } = await ventilator.submit(lonely, 5);
    const expected = { task: "lonely", contract: "2", waiting: 1 };
    expect(await events.next("tasks.unroutable")).toMatchObject({ ...expected, present: ["square"] });
    expect(ventilator.stats()).toMatchObject({ unroutable: [expected], unsettled: 1, ready: 1 });
    const [line] = cluster.logs.ventilator.of("tasks.unroutable");
    expect(line).toMatchObject({ level: 40, ...expected });
    expect(line?.msg).toContain("lonely");
    await cluster.worker({ handlers: [handler(lonely, (n: number) => -n)] });
    await cluster.results.until(1);
    expect(cluster.results.only(taskId)).toMatchObject({ outcome: "completed", output: -5, attempt: 1 });
    await cluster.expectRest();
    expect(ventilator.stats().unroutable).toEqual([]);
    expect(events.of("tasks.unroutable")).toHaveLength(1);
    expect(await events.next("tasks.routable")).toMatchObject({ task: "lonely" });
  });

  test("waits for a worker of its own version: another version of the name does not run it", async () => {
    const old = defineTask({ name: "lonely", version: "1", input: type<number>(), output: type<number>() });
    await using cluster = await Cluster.start({ timing: patient });
    await cluster.worker({ handlers: [handler(old, () => Number.NaN)] });
    const { taskId } = await cluster.ventilator.submit(lonely, 5);
    expect(await cluster.events.next("tasks.unroutable")).toMatchObject({ present: ["lonely@1"] });
    await cluster.worker({ handlers: [handler(lonely, (n: number) => n + 1)] });
    await cluster.results.until(1);
    expect(cluster.results.only(taskId)).toMatchObject({ output: 6 });
  });
});

test("two handlers for one name and version are refused before anything is started", async () => {
  const handlers = [squaring, handler(square, (n: number) => n)];
  const error = await errorOf(startWorker({ ventilators: ["tcp://127.0.0.1:5557"], handlers, log }));
  expect(error).toMatchObject({ code: "TQ_ERR_DUPLICATE_HANDLER", details: { task: "square" } });
  expect(error.message).toContain("square");
});

describe("after drain or close, submitting", () => {
  type Submitter = Pick<Ventilator, "submit" | "submitMany" | "run" | "map">;
  const codesOf = async (submitter: Submitter): Promise<string[]> => {
    const calls = [
      submitter.submit(square, 1),
      submitter.submitMany(square, [1, 2]),
      submitter.run(square, 1),
      submitter.map(square, [1, 2]).next(),
    ];
    return (await Promise.all(calls.map(errorOf))).map(({ code }) => code);
  };
  const closed = ["TQ_ERR_CLOSED", "TQ_ERR_CLOSED", "TQ_ERR_CLOSED", "TQ_ERR_CLOSED"];

  test("is refused as closed, at the ventilator and at a producer, by every method", async () => {
    await using cluster = await Cluster.start({ ventilator: { producers: anyPort } });
    await cluster.worker({ handlers: [squaring] });
    const { role: producer } = await cluster.producer();
    for (const submitter of [producer, cluster.ventilator]) {
      await submitter.drain();
      expect(await codesOf(submitter)).toEqual(closed);
      await submitter.close();
      expect(await codesOf(submitter)).toEqual(closed);
    }
  });

  test("is refused as closed by a pipeline in one process", async () => {
    await using tq = await startLocal({ handlers: [squaring], log });
    expect(await tq.run(square, 3)).toBe(9);
    await tq.drain();
    expect(await codesOf(tq)).toEqual(closed);
    await tq.close();
    expect(await codesOf(tq)).toEqual(closed);
  });

  test("is refused as closed by a remote ventilator that drains, and what it has taken goes on", async () => {
    await using cluster = await Cluster.start({ ventilator: { producers: anyPort } });
    const { role: producer } = await cluster.producer();
    const { taskId } = await producer.submit(square, 3);
    const drained = cluster.ventilator.drain();
    const error = await errorOf(producer.submit(square, 4));
    expect(error.code).toBe("TQ_ERR_CLOSED");
    await cluster.worker({ handlers: [squaring] });
    await drained;
    expect(cluster.results.only(taskId)).toMatchObject({ output: 9 });
    await vi.waitFor(() => expect(cluster.ventilator.stats().unsettled).toBe(0), waitOptions);
  });
});

test("a time to drain that no timer holds is refused by every role, which works on", async () => {
  await using cluster = await Cluster.start({ ventilator: { producers: anyPort } });
  const { producers = "" } = cluster.ventilator.endpoints;
  await using producer = await startProducer({ ventilators: [producers], log });
  const { role: worker } = await cluster.worker({ handlers: [squaring] });
  for (const role of [cluster.ventilator, cluster.sink, worker, producer]) {
    const error = await errorOf(role.drain({ timeoutMs: Number.POSITIVE_INFINITY }));
    expect(error).toMatchObject({ code: "TQ_ERR_INVALID_OPTION", details: { option: "timeoutMs" } });
  }
  expect(await producer.run(square, 7)).toBe(49);
});
