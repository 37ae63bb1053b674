/**
 * The ventilator of the quick start: hands tasks out to the workers, in the three ways there are. One task per file.
 *
 *   node examples/quick-start/ventilator.ts README.md ARCHITECTURE.md
 *
 * `TQ_WORKERS` and `TQ_SINK` in the environment name other endpoints.
 */
import { startVentilator } from "@tq/ventilator";
import { countWords } from "./tasks.ts";

const [first = "README.md", ...others] = process.argv.slice(2);
const inputs = [first, ...others].map((path) => ({ path }));

// Leaving the scope drains: it waits for what is not settled yet, 25 s at most.
await using ventilator = await startVentilator({
  workers: process.env.TQ_WORKERS ?? "tcp://127.0.0.1:5557",
  sinks: [process.env.TQ_SINK ?? "tcp://127.0.0.1:5558"],
});
console.log(`workers connect to ${ventilator.endpoints.workers}`);

// Accepted; its result goes to the sink.
for (const input of inputs) {
  const { taskId, traceId } = await ventilator.submit(countWords, input);
  console.log(`accepted ${taskId}, trace ${traceId}`);
}

// The result comes back here.
const counts = await ventilator.run(countWords, { path: first }, { timeoutMs: 30_000 });
console.log(`"the" in ${first}: ${counts.the ?? 0}`);

// Many, in order, read no faster than results are taken.
let words = 0;
for await (const counts of ventilator.map(countWords, inputs, { inFlight: 1000 })) {
  for (const count of Object.values(counts)) words += count;
}
console.log(`words in ${inputs.length} files: ${words}`);
