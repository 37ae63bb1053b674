/**
 * A worker of the quick start: connects to the ventilator and runs handlers, as many at once as `concurrency` says.
 * Start as many workers as you like, before or after the others.
 *
 *   node examples/quick-start/worker.ts
 *
 * `TQ_VENTILATOR` in the environment names another endpoint.
 */
import { readFile } from "node:fs/promises";
import { handler, startWorker } from "@tq/worker";
import { countWords } from "./tasks.ts";

const counting = handler(countWords, async ({ path }, ctx) => {
  const text = await readFile(path, "utf8");
  ctx.log.info({ path, characters: text.length }, "counting");
  const counts = new Map<string, number>();
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries(counts);
});

const ventilator = process.env.TQ_VENTILATOR ?? "tcp://127.0.0.1:5557";
const worker = await startWorker({ ventilators: [ventilator], handlers: [counting], concurrency: 4 });
console.log(`working for ${ventilator}`);

// Ctrl-C: give back what has not started, finish what runs, then end.
process.once("SIGINT", () => worker.drain());
