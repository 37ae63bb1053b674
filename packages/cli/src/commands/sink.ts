/** `tq sink`: receives results and writes one JSON line for each, to a file or to stdout; with a store, keeps them there. */

import { TqError } from "@tq/common";
import type { Compression } from "@tq/common/transport";
import type { Command } from "commander";
import { compressionOption, type Environment, flag, option, readKeepFor } from "../command-line/options.ts";
import { serve } from "../command-line/serve.ts";
import type { ExitCode } from "../exit-codes.ts";
import { createCliLogger, type LogLevel } from "../output/create-cli-logger.ts";
import { printReady } from "../output/ready-line.ts";
import { refuseFileOfStore } from "../sink/own-file.ts";
import { openResultFile } from "../sink/result-file.ts";
import { resultsToStandardOutput } from "../sink/result-output.ts";
import { consumerOfFile, writeStoredFile } from "../sink/stored-file.ts";
import { writeResults } from "../sink/write-results.ts";

export interface SinkCommandOptions {
  readonly bind: string;
  readonly push?: string;
  readonly out?: string;
  readonly store?: string;
  readonly keepFor?: number;
  readonly events?: string;
  readonly eventsProxy?: string;
  readonly name?: string;
  readonly insecure: boolean;
  readonly compression: Compression;
  readonly logLevel: LogLevel;
}

export function describeSink(command: Command, environment: Environment): Command {
  return command
    .description("collect results, one JSON line each")
    .addOption(
      option(
        "--bind <ep>",
        "bind here, as tcp://127.0.0.1:5558; port * for any free one",
      ).makeOptionMandatory(),
    )
    .addOption(option("--push <ep>", "bind here for outcomes of tasks that are delivered at most once"))
    .addOption(
      option(
        "--out <file>",
        "append to this file (default: stdout, after the ready line; with --store: none)",
      ),
    )
    .addOption(
      option("--store <file>", "keep results in this SQLite file, over restarts; tq results reads them"),
    )
    .addOption(
      option(
        "--keep-for <time>",
        "how long the store keeps a result, as 12h or 30d; what is not in the --out file yet is kept for it (default: for ever)",
        readKeepFor,
      ),
    )
    .addOption(option("--events <ep>", "bind here for subscribers to events, such as tq events"))
    .addOption(option("--events-proxy <ep>", "publish events at this proxy (its --publishers)"))
    .addOption(option("--name <name>", "what peers and logs call it (default: host and pid)"))
    .addOption(flag("--insecure", "allow to bind beyond the loopback, unencrypted", environment))
    .addOption(compressionOption())
    .addHelpText(
      "after",
      `
A line: taskId, traceId, task, attempt, outcome, output or error, worker, durationMs.
What JSON cannot hold: BigInt, NaN and Infinity become strings, Date ISO 8601, Map an array of [key, value], Set an
array, bytes base64, other typed arrays arrays of numbers, undefined null.
With --store a result is final when it is in the store. With --out as well, the file gets every result of the store once, whatever kills
the sink in between; it is the sink's own, and must not be appended to by others. To begin another, move it away at any time.`,
    );
}

export async function runSink(options: SinkCommandOptions): Promise<ExitCode> {
  const { bind, push, out, store, keepFor, events, eventsProxy, name, insecure, compression, logLevel } =
    options;
  const log = createCliLogger("sink", logLevel);
  if (keepFor !== undefined && store === undefined)
    throw new TqError("TQ_ERR_INVALID_OPTION", "--keep-for is about a store: give --store, too");
  if (out !== undefined && store !== undefined) refuseFileOfStore(out, store);
  await using output =
    store !== undefined
      ? undefined
      : out === undefined
        ? resultsToStandardOutput
        : await openResultFile(out, log);
  const { startSink } = await import("@tq/sink");
  const sink = await startSink({
    bind,
    insecure,
    compression,
    log,
    ...(push !== undefined && { push }),
    ...(store !== undefined && { store: { file: store, keepForMs: keepFor } }),
    ...(events !== undefined && { events }),
    ...(eventsProxy !== undefined && { eventsProxy }),
    ...(name !== undefined && { name }),
  });
  // At once: what has expired by now, and is not in the file, is kept for it.
  const cursor = store !== undefined && out !== undefined ? sink.cursor(consumerOfFile(out)) : undefined;
  const { endpoint, pushEndpoint, eventsEndpoint } = sink;
  const ready = {
    role: "sink",
    pid: process.pid,
    bind: endpoint,
    ...(pushEndpoint !== undefined && { push: pushEndpoint }),
    ...(eventsEndpoint !== undefined && { events: eventsEndpoint }),
  } as const;
  const write = async (): Promise<void> => {
    if (output !== undefined) return await writeResults(sink.results().batches(), output);
    if (out === undefined || cursor === undefined) return await sink.closed;
    await writeStoredFile(out, { cursor, log, closed: sink.closed });
  };
  const ended = printReady(ready).then(write);
  return await serve({ running: sink, ended, log });
}
