/**
 * The sink of the quick start: prints what comes of submitted tasks. A result is final once the loop asks for the next.
 *
 *   node examples/quick-start/sink.ts
 *
 * `TQ_BIND` in the environment binds another endpoint.
 */
import { startSink } from "@tq/sink";
import { countWords } from "./tasks.ts";

await using sink = await startSink({ bind: process.env.TQ_BIND ?? "tcp://127.0.0.1:5558" });
console.log(`results come to ${sink.endpoint}`);

// Ctrl-C: closing ends the loop.
process.once("SIGINT", () => sink.close());

for await (const result of sink.results(countWords)) {
  if (result.outcome === "completed") {
    const words = Object.values(result.output).reduce((sum, count) => sum + count, 0);
    console.log(`${result.taskId}: ${words} words`);
  } else {
    console.log(`${result.taskId}: ${result.outcome}`, "error" in result ? result.error.message : "");
  }
}
