/** `tq worker`: worker processes that run handlers from files, restarted when they die. */
import { TqError } from "@tq/common";
import type { Compression } from "@tq/common/transport";
import type { Command } from "commander";
import {
  compressionOption,
  type Environment,
  flag,
  option,
  readCount,
  readEndpoints,
  readTags,
} from "../command-line/options.ts";
import { serve } from "../command-line/serve.ts";
import type { ExitCode } from "../exit-codes.ts";
import { createCliLogger, type LogLevel } from "../output/create-cli-logger.ts";
import { printReady } from "../output/ready-line.ts";
import { WorkerPool } from "../worker/worker-pool.ts";

/** A slot costs a promise, a process some 60 MB. */
export const concurrencyMax = 65_536;
export const processesMax = 256;

export interface WorkerCommandOptions {
  readonly ventilator?: readonly string[];
  readonly concurrency?: number;
  readonly processes: number;
  readonly name?: string;
  readonly tags?: readonly string[];
  readonly withoutPush: boolean;
  readonly compression: Compression;
  readonly logLevel: LogLevel;
}

export function describeWorker(command: Command, environment: Environment): Command {
  return command
    .description("run tasks with the handlers that files export")
    .usage("HANDLERS.ts... --ventilator EP... [options]")
    .argument("[handlers...]", "files that export what handler() made, by name or as an array by default")
    .addOption(option("--ventilator <ep...>", "workers' endpoint of a ventilator", readEndpoints))
    .addOption(
      option(
        "--concurrency <n>",
        "tasks a process runs at once (default: its CPUs)",
        readCount(1, concurrencyMax),
      ),
    )
    .addOption(option("--processes <n>", "how many processes", readCount(1, processesMax)).default(1))
    .addOption(option("--name <name>", "what peers and logs call it (default: host and pid)"))
    .addOption(option("--tags <list>", "words to choose workers by, with commas between", readTags))
    .addOption(
      flag("--without-push", "leave tasks that are delivered at most once to other workers", environment),
    )
    .addOption(compressionOption());
}

export async function runWorker(
  operands: readonly string[],
  options: WorkerCommandOptions,
): Promise<ExitCode> {
  const { files, ventilators } = sortOperands(operands, options.ventilator ?? []);
  if (files.length === 0)
    throw misuse("name at least one file of handlers: tq worker HANDLERS.ts --ventilator EP");
  if (ventilators.length === 0)
    throw misuse("--ventilator: name at least one ventilator, as tcp://HOST:PORT");
  const { concurrency, processes, name, tags, withoutPush, compression, logLevel } = options;
  const log = createCliLogger("worker", logLevel);
  const push = !withoutPush;
  const settings = { files, ventilators, concurrency, name, tags, push, compression, logLevel };
  const pool = new WorkerPool(processes, settings, { log });
  const ended = Promise.race([pool.ended, announce(pool)]).then(() => pool.ended);
  return serve({ running: pool, ended, log, onQuit: () => pool.kill() });
}

async function announce(pool: WorkerPool): Promise<void> {
  const { ventilators } = await pool.ready;
  await printReady({ role: "worker", pid: process.pid, ventilators });
}

/**
 * `--ventilator EP...` takes all values that follow it, so a file behind it lands there: `tq worker --ventilator EP h.ts`.
 * What ends like a module and has no scheme is a file.
 */
export function sortOperands(
  operands: readonly string[],
  values: readonly string[],
): { files: readonly string[]; ventilators: readonly string[] } {
  const isFile = (text: string): boolean => /\.[cm]?[jt]s$/.test(text) && !/^[a-z]+:/.test(text);
  return {
    files: [...operands, ...values.filter(isFile)],
    ventilators: values.filter((value) => !isFile(value)),
  };
}

const misuse = (message: string): TqError => new TqError("TQ_ERR_INVALID_OPTION", message);
