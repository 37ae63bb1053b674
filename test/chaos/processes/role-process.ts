/**
 * The child's side of a run: starts the role that it is told to be, says how it stands a few times a second, and ends with
 * its parent.
 */
import type { FromProcess, Settings, ToProcess } from "./role-options.ts";
import type { RunningRole } from "./running-role.ts";

const countsEveryMs = 200;

const settings: Settings = JSON.parse(process.argv[2] ?? "{}");

const say = (message: FromProcess): void => {
  if (process.connected) process.send?.(message);
};

async function start(): Promise<RunningRole> {
  switch (settings.role) {
    case "ventilator":
      return (await import("./run-ventilator.ts")).runVentilator(settings);
    case "worker":
      return (await import("./run-worker.ts")).runWorker(settings);
    case "sink":
      return (await import("./run-sink.ts")).runSink(settings);
    case "producer":
      return (await import("./run-producer.ts")).runProducer(settings);
  }
}

process.on("disconnect", () => process.exit(0));
const role = await start();
const tellCounts = (): void => say({ type: "counts", counts: role.counts() });
setInterval(tellCounts, countsEveryMs).unref();

process.on("message", async ({ type }: ToProcess) => {
  if (type === "finish") {
    await role.finish?.();
    tellCounts();
    say({ type: "finished" });
  } else {
    await role.leave();
    tellCounts();
    process.disconnect();
  }
});
// Whoever cannot go on ends with an error: its parent takes any end that it has not asked for as one.
role.closed?.catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
say({ type: "ready", endpoints: role.endpoints });
