/** A sink that writes one line for each result, whole lines only, and commits what is written. */
import { open } from "node:fs/promises";
import { startSink } from "@tq/sink";
import type { SinkSettings } from "./role-options.ts";
import { anyPort, log, type RunningRole } from "./running-role.ts";

export async function runSink({ name, out }: SinkSettings): Promise<RunningRole> {
  const file = await open(out, "a");
  const sink = await startSink({ bind: anyPort, name, log });
  let committed = 0;
  const reading = (async () => {
    for await (const batch of sink.results().batches()) {
      let lines = "";
      for (const { taskId, attempt, outcome, ...rest } of batch) {
        const output = "output" in rest ? rest.output : undefined;
        lines += `${JSON.stringify({ taskId, attempt, outcome, output })}\n`;
      }
      await file.write(lines);
      committed += batch.length;
    }
    await file.close();
  })();
  return {
    endpoints: { sink: sink.endpoint },
    counts: () => {
      const { duplicates, violations } = sink.stats();
      return { committed, duplicates, violations };
    },
    leave: async () => {
      await sink.drain();
      await reading;
    },
    closed: reading,
  };
}
