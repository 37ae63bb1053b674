/** A connection of which one end is gone and the other is not told: whatever it says is swallowed, and nothing is said back. */
import { handler } from "@tq/common";
import { createZeromqTransport, linkLimits, type Transport } from "@tq/common/transport";
import { startVentilator } from "@tq/ventilator";
import { startWorker } from "@tq/worker";
import { expect, test } from "vitest";
import { square } from "../../integration/fixtures/tasks.ts";
import { anyPort, Cluster } from "../../integration/support/cluster.ts";
import { EventLog } from "../../integration/support/event-log.ts";
import { brisk } from "../../integration/support/timings.ts";
import { span } from "../support/spans.ts";

const squaring = handler(square, (n: number) => n * n);
const silenceMs = span(linkLimits.silenceMs, 2_000);

async function withTransport(run: (transport: Transport) => Promise<void>): Promise<void> {
  const transport = createZeromqTransport({ silenceMs });
  try {
    await run(transport);
  } finally {
    await transport.close();
  }
}

test("between a worker and its ventilator: the worker connects anew, and what it held ends once", () =>
  withTransport(async (transport) => {
    await using cluster = await Cluster.start({ timing: brisk });
    const { log } = cluster.logs.worker;
    const proxy = await cluster.proxy(cluster.ventilator.endpoints.workers);
    const events = new EventLog<{ type: string }>();
    await using _worker = await startWorker(
      { ventilators: [proxy.endpoint], handlers: [squaring], log },
      { transport, timing: brisk, onEvent: events.push },
    );
    expect(await cluster.ventilator.run(square, 3)).toBe(9);
    proxy.loseTarget();
    await cluster.ventilator.submitMany(square, [1, 2, 3]);
    await events.next("ventilator.joined", { count: 2 });
    await cluster.results.until(3);
    await cluster.expectRest();
    expect(cluster.results.repeated).toEqual([]);
  }));

test("between a ventilator and its sink: it connects anew before the sink's share would move, and nothing is in doubt", () =>
  withTransport(async (transport) => {
    await using cluster = await Cluster.start({ timing: brisk });
    const proxy = await cluster.proxy(cluster.sink.endpoint);
    const { log } = cluster.logs.ventilator;
    const events = new EventLog<{ type: string }>();
    const other = await cluster.startSink();
    await using ventilator = await startVentilator(
      { workers: anyPort, sinks: [proxy.endpoint, other.endpoint], log },
      { transport, timing: brisk, onEvent: events.push },
    );
    await cluster.worker({ ventilators: [ventilator.endpoints.workers], handlers: [squaring] });
    await events.next("sink.joined", { count: 2 });
    proxy.loseTarget();
    await events.next("sink.joined", { count: 3 });
    expect(ventilator.stats()).toMatchObject({ movedInDoubt: 0, sinks: 2 });
  }));
