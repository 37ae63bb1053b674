/** What a peer gets that comes to an endpoint for others: a clear error, and the way to the right one. */
import { handler } from "@tq/common";
import { startProducer } from "@tq/producer";
import { expect, test } from "vitest";
import { square } from "./fixtures/tasks.ts";
import { anyPort, Cluster } from "./support/cluster.ts";
import { errorOf } from "./support/error-of.ts";
import { patient } from "./support/timings.ts";

const handlers = [handler(square, (n: number) => n * n)];

const startCluster = () => Cluster.start({ timing: patient, ventilator: { producers: anyPort } });

test("a worker at the producers' endpoint closes with the workers' endpoint in its error and its log", async () => {
  await using cluster = await startCluster();
  const { workers, producers = "" } = cluster.ventilator.endpoints;
  const { role, events } = await cluster.worker({ ventilators: [producers], handlers });
  const error = await errorOf(role.closed);
  expect(error.code).toBe("TQ_ERR_WRONG_ENDPOINT");
  expect(error.message).toContain(workers);
  expect(error.details).toMatchObject({ endpoint: workers });
  expect(events.of("ventilator.refused")).toEqual([
    expect.objectContaining({ code: "TQ_ERR_WRONG_ENDPOINT", endpoint: workers }),
  ]);
  expect(cluster.logs.worker.of("ventilator.refused")[0]).toMatchObject({ level: 50 });
});

test("a worker at the sink's endpoint closes with the workers' endpoint in its error", async () => {
  await using cluster = await startCluster();
  await cluster.sinkEvents.next("ventilator.joined");
  const { role } = await cluster.worker({ ventilators: [cluster.sink.endpoint], handlers });
  const error = await errorOf(role.closed);
  expect(error.code).toBe("TQ_ERR_WRONG_ENDPOINT");
  expect(error.message).toContain(cluster.ventilator.endpoints.workers);
});

test("a producer at the workers' endpoint is told the producers' endpoint", async () => {
  await using cluster = await startCluster();
  const { workers, producers } = cluster.ventilator.endpoints;
  const error = await errorOf(startProducer({ ventilators: [workers], log: cluster.logs.worker.log }));
  expect(error.code).toBe("TQ_ERR_WRONG_ENDPOINT");
  expect(error.message).toContain(producers);
});

test("a producer at the sink's endpoint is told the producers' endpoint of a ventilator that the sink knows", async () => {
  await using cluster = await startCluster();
  await cluster.sinkEvents.next("ventilator.joined");
  const error = await errorOf(
    startProducer({ ventilators: [cluster.sink.endpoint], log: cluster.logs.worker.log }),
  );
  expect(error.code).toBe("TQ_ERR_WRONG_ENDPOINT");
  expect(error.message).toContain(cluster.ventilator.endpoints.producers);
});

test("a ventilator whose sink is another ventilator says so, with that one's sink, and takes tasks on hold", async () => {
  await using cluster = await startCluster();
  const { workers, producers = "" } = cluster.ventilator.endpoints;
  for (const endpoint of [workers, producers]) {
    const { role, events } = await cluster.startVentilator({ sinks: [endpoint] });
    const refused = await events.next("sink.refused");
    expect(refused).toMatchObject({ endpoint, code: "TQ_ERR_WRONG_ENDPOINT" });
    expect(refused.message).toContain(cluster.sink.endpoint);
    expect(role.stats().sinks).toBe(0);
  }
  expect(cluster.logs.ventilator.of("sink.refused")[0]).toMatchObject({ level: 50 });
});
