/**
 * Two ventilators share two workers, as two teams would share a pool of machines. Each gets half of it while both have
 * work, however much one of them has.
 *
 *   node examples/two-ventilators.ts
 */
import { setTimeout as pause } from "node:timers/promises";
import { defineTask, handler, type } from "@tq/common";
import { startVentilator, type Ventilator } from "@tq/ventilator";
import { startWorker } from "@tq/worker";

const work = defineTask({ name: "work", input: type<number>(), output: type<number>() });
const working = handler(work, async (n) => {
  await pause(2);
  return n;
});

const anyPort = "tcp://127.0.0.1:*";
await using large = await startVentilator({ workers: anyPort, name: "large" });
await using small = await startVentilator({ workers: anyPort, name: "small" });

// A worker connects to all ventilators that it is given, and shares itself among those that have work.
const ventilators = [large.endpoints.workers, small.endpoints.workers];
await using _first = await startWorker({ ventilators, handlers: [working], concurrency: 8 });
await using _second = await startWorker({ ventilators, handlers: [working], concurrency: 8 });
await Promise.all([large.run(work, 0), small.run(work, 0)]);

const done = new Map<Ventilator, number>();
async function run(ventilator: Ventilator, tasks: number, signal?: AbortSignal) {
  for await (const _ of ventilator.map(work, Array.from({ length: tasks }).keys(), { signal })) {
    done.set(ventilator, (done.get(ventilator) ?? 0) + 1);
  }
}

// One has a hundred times as much to do as the other, and began first.
const end = new AbortController();
const all = run(large, 200_000, end.signal).catch(() => {});
await run(small, 2_000);
end.abort();
await all;

const [ofLarge, ofSmall] = [done.get(large) ?? 0, done.get(small) ?? 0];
const percent = (count: number) => Math.round((100 * count) / (ofLarge + ofSmall));
console.log(`while the 2000 tasks of "small" ran, "large" had ${percent(ofLarge)} % of the workers`);
