/**
 * Large payloads through tq's credit lane: a ventilator that submits, a worker that gives back what it got, a sink, one process
 * each over tcp. The run ends when the sink's loop has had every result and the ventilator has settled every task.
 */
import { setTimeout as pause } from "node:timers/promises";
import { defineTask, type } from "@tq/common";
import { startSink } from "@tq/sink";
import { startVentilator } from "@tq/ventilator";
import { handler, startWorker } from "@tq/worker";
import { runStage, type Stage, sharedNow } from "../pipeline/stage.ts";
import { type Payload, type PayloadLoad, payloadBytes } from "./payload-load.ts";

interface Item {
  readonly id: number;
  readonly payload: unknown;
}

const echo = defineTask({ name: "bench.echo", input: type<Item>(), output: type<Item>() });

runStage<PayloadLoad>({ ventilator: ventilate, worker: work, sink: collect });

async function ventilate(stage: Stage<PayloadLoad>): Promise<void> {
  const { compression, tasks, warmUpTasks, payload } = stage.load;
  const { sink } = await stage.hear("connect");
  const ventilator = await startVentilator({ workers: "tcp://127.0.0.1:*", sinks: [sink], compression });
  stage.say({ said: "bound", endpoint: ventilator.endpoints.workers });
  const make = payloadMaker(payload);
  function* items(from: number, to: number): Generator<Item> {
    for (let id = from; id < to; id++) yield { id, payload: make(id) };
  }
  const allSettled = async () => {
    while (ventilator.stats().unsettled > 0) await pause(1);
  };
  await ventilator.submitMany(echo, items(0, warmUpTasks));
  await allSettled();
  await stage.start();
  stage.say({ said: "started", at: sharedNow() });
  await ventilator.submitMany(echo, items(warmUpTasks, warmUpTasks + tasks));
  await allSettled();
  stage.say({ said: "done", at: sharedNow() });
  await stage.stop(() => void ventilator.close());
}

async function work(stage: Stage<PayloadLoad>): Promise<void> {
  const { ventilator } = await stage.hear("connect");
  const { compression } = stage.load;
  const worker = await startWorker({
    ventilators: [ventilator],
    handlers: [handler(echo, (item) => item)],
    compression,
  });
  await stage.start();
  await stage.stop(() => void worker.close());
}

async function collect(stage: Stage<PayloadLoad>): Promise<void> {
  const { tasks, warmUpTasks } = stage.load;
  const sink = await startSink({ bind: "tcp://127.0.0.1:*" });
  stage.say({ said: "bound", endpoint: sink.endpoint });
  const seen = new Uint8Array(warmUpTasks + tasks);
  let received = 0;
  const started = { promise: Promise.resolve() };
  for await (const result of sink.results(echo)) {
    if (result.outcome !== "completed") throw new Error("a task did not complete");
    const { id } = result.output;
    if (seen[id] !== 0) throw new Error(`task ${id} is unknown or came twice`);
    seen[id] = 1;
    received += 1;
    if (received === warmUpTasks) {
      // The loop goes on meanwhile: the ventilator waits for this last result to be committed.
      stage.say({ said: "warm" });
      started.promise = stage.start();
    }
    if (received === warmUpTasks + tasks) {
      stage.say({ said: "done", at: sharedNow() });
      void started.promise.then(() => stage.stop(() => void sink.close()));
    }
  }
}

function payloadMaker(payload: Payload): (id: number) => unknown {
  switch (payload) {
    case "json":
      return (id) => Array.from({ length: 40 }, (_, row) => recordOf(id, row));
    case "noise": {
      const noise = crypto.getRandomValues(Buffer.alloc(64 * 1024));
      return (id) => noise.subarray(id % 4096, (id % 4096) + payloadBytes.noise);
    }
    case "frame": {
      const frame = Buffer.alloc(payloadBytes.frame, 7);
      return () => frame;
    }
  }
}

const cities = ["Lisbon", "Tallinn", "Graz", "Malmo", "Ghent"];

/** About 100 bytes. */
function recordOf(id: number, row: number): object {
  const number = id * 40 + row;
  return {
    customer: number,
    city: cities[number % cities.length],
    amount: (Math.imul(number, 0x9e3779b1) >>> 16) / 100,
    currency: "EUR",
    isPaid: number % 3 === 0,
    at: `2026-11-21T${String(number % 24).padStart(2, "0")}:00:00Z`,
  };
}
