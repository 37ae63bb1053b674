/**
 * The classic pipeline: a ventilator pushes tasks, workers share them, a sink collects. Each task is sent once and never again,
 * which is as fast as it gets; what goes down with a worker is not run elsewhere, but counted.
 *
 *   node examples/parallel-pipeline.ts [TASKS]
 */
import { setTimeout as pause } from "node:timers/promises";
import { startSink } from "@tq/sink";
import { defineTask, handler, startVentilator, type } from "@tq/ventilator";
import { startWorker } from "@tq/worker";

const count = Number(process.argv[2] ?? 600);

const nap = defineTask({
  name: "classic.nap",
  input: type<number>(),
  output: type<number>(),
  delivery: "at-most-once",
});
const napping = handler(nap, async (ms) => {
  await pause(ms);
  return ms;
});

// A port for the sessions of each role, and one for the pipe: PUSH at the ventilator, PULL at the sink.
const anyPort = "tcp://127.0.0.1:*";
await using sink = await startSink({ bind: anyPort, push: anyPort });
await using ventilator = await startVentilator({ workers: anyPort, push: anyPort, sinks: [sink.endpoint] });
const ventilators = [ventilator.endpoints.workers];
await using _one = await startWorker({ ventilators, handlers: [napping], name: "one", concurrency: 2 });
await using _two = await startWorker({ ventilators, handlers: [napping], name: "two", concurrency: 2 });
await using _three = await startWorker({ ventilators, handlers: [napping], name: "three", concurrency: 2 });

function* workload(): Generator<number> {
  for (let number = 0; number < count; number++) yield number % 10;
}

const collected = new Map<string, number>();
let totalMs = 0;
async function collect(): Promise<void> {
  for await (const result of sink.results(nap)) {
    if (result.outcome !== "completed") continue;
    totalMs += result.output;
    collected.set(result.worker, (collected.get(result.worker) ?? 0) + 1);
  }
}
const collecting = collect();

const { accepted } = await ventilator.submitMany(nap, workload());
// Until all is sent, and the sink has said how much of it came.
await ventilator.drain();
const { sent, missing } = ventilator.stats().push;
await sink.drain();
await collecting;
console.log(`${accepted} tasks accepted, ${sent} sent, ${missing} missing`);
console.log(`${totalMs} ms of naps, by ${collected.size} workers`);
