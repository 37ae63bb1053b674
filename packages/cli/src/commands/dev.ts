/** `tq dev`: ventilator, workers and sink in one command, for writing handlers: they are loaded anew when they change. */
import { TqError } from "@tq/common";
import type { Command } from "commander";
import { option, readCount } from "../command-line/options.ts";
import { serve } from "../command-line/serve.ts";
import { DevWorkers } from "../dev/dev-workers.ts";
import { ownCommand } from "../dev/own-command.ts";
import { SubmitHints } from "../dev/submit-hints.ts";
import type { ExitCode } from "../exit-codes.ts";
import { createCliLogger, type LogLevel } from "../output/create-cli-logger.ts";
import { printReady } from "../output/ready-line.ts";
import { resultsToStandardOutput } from "../sink/result-output.ts";
import { writeResults } from "../sink/write-results.ts";
import { concurrencyMax, processesMax } from "./worker.ts";

/** Two of them run side by side. */
const anyPort = "tcp://127.0.0.1:*";

/** Whoever presses Ctrl-C while writing code wants the prompt back. */
const drainMs = 5_000;

/** What workers are given to end when the ventilator has drained. */
const farewellMs = 1_000;

export interface DevCommandOptions {
  readonly workers: number;
  readonly concurrency?: number;
  readonly producers: string;
  readonly logLevel: LogLevel;
}

export function describeDev(command: Command): Command {
  return command
    .description("run a whole pipeline here, with handlers that are loaded anew when they change")
    .usage("HANDLERS.ts... [options]")
    .argument("[handlers...]", "files that export what handler() made, by name or as an array by default")
    .addOption(
      option("--workers <n>", "how many worker processes", readCount(1, processesMax))
        // In the environment, TQ_WORKERS is an endpoint: that of a ventilator.
        .env("TQ_DEV_WORKERS")
        .default(1),
    )
    .addOption(
      option(
        "--concurrency <n>",
        "tasks a process runs at once (default: its CPUs)",
        readCount(1, concurrencyMax),
      ),
    )
    .addOption(option("--producers <ep>", "bind here for producers, such as tq submit").default(anyPort))
    .addHelpText(
      "after",
      `
Prints a ready line with the endpoints and a tq submit for each task, then the results, one JSON line each.
Loads the handlers anew when they, or what they import from your own files, change. An edit that does not load is told;
what ran before it goes on until the next save. All is forgotten at the end.`,
    );
}

export async function runDev(files: readonly string[], options: DevCommandOptions): Promise<ExitCode> {
  if (files.length === 0) {
    throw new TqError("TQ_ERR_INVALID_OPTION", "name at least one file of handlers: tq dev HANDLERS.ts");
  }
  const { logLevel, concurrency, workers: count, producers: producersBind } = options;
  const log = createCliLogger("dev", logLevel);
  const [{ startSink }, { startVentilator }] = await Promise.all([
    import("@tq/sink"),
    import("@tq/ventilator"),
  ]);
  // Who comes and goes inside of one command is of no interest, unless somebody asks for more.
  const roleLog = createCliLogger("dev", logLevel === "info" ? "warn" : logLevel);
  const sink = await startSink({ bind: anyPort, push: anyPort, log: roleLog });
  const ventilator = await startVentilator({
    workers: anyPort,
    producers: producersBind,
    push: anyPort,
    sinks: [sink.endpoint],
    log: roleLog,
  });
  const { workers: workersEndpoint, producers = "" } = ventilator.endpoints;
  const settings = { files, ventilators: [workersEndpoint], concurrency, logLevel, isDev: true };
  const { env: environment, argv } = process;
  const tq = ownCommand({ script: argv[1] ?? "tq", environment, folder: process.cwd() });
  const hints = new SubmitHints({ tq, producers, say: (line) => log.info(line) });
  const workers = new DevWorkers({ count, settings, log, onTasks: (tasks) => hints.tell(tasks) });
  const running = {
    drain: async ({ timeoutMs }: { timeoutMs: number }) => {
      await ventilator.drain({ timeoutMs });
      await running.close();
    },
    close: async () => {
      // Whoever is told goodbye by a peer first would complain of it.
      await workers.drain({ timeoutMs: farewellMs });
      await ventilator.close();
      await sink.close();
    },
  };
  const ended = (async () => {
    if (!(await workers.start())) return;
    const { pid } = process;
    await printReady({ role: "dev", pid, workers: workersEndpoint, producers, submit: hints.commands });
    await writeResults(sink.results().batches(), resultsToStandardOutput);
  })();
  return serve({ running, ended, log, onQuit: () => workers.kill(), timeoutMs: drainMs });
}
