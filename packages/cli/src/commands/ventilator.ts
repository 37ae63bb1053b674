/** `tq ventilator`: hands out what producers submit. */
import { TqError } from "@tq/common";
import type { Compression } from "@tq/common/transport";
import type { Durability } from "@tq/ventilator";
import type { Command } from "commander";
import {
  compressionOption,
  type Environment,
  flag,
  option,
  readCount,
  readEndpoints,
} from "../command-line/options.ts";
import { serve } from "../command-line/serve.ts";
import type { ExitCode } from "../exit-codes.ts";
import { createCliLogger, type LogLevel } from "../output/create-cli-logger.ts";
import { printReady } from "../output/ready-line.ts";

/** More would not fit into memory. */
const countMax = 1_000_000_000;

/** Not imported from the role, which is loaded when the command runs. */
const durabilities: readonly Durability[] = ["always", "interval", "none"];

export interface VentilatorCommandOptions {
  readonly workers: string;
  readonly producers?: string;
  readonly sink?: readonly string[];
  readonly push?: string;
  readonly events?: string;
  readonly eventsProxy?: string;
  readonly journal?: string;
  readonly durability?: Durability;
  readonly deadLettersMax?: number;
  readonly idempotencyKeysMax?: number;
  readonly name?: string;
  readonly insecure: boolean;
  readonly compression: Compression;
  readonly logLevel: LogLevel;
}

export function describeVentilator(command: Command, environment: Environment): Command {
  return command
    .description("hand out tasks to workers")
    .addOption(
      option(
        "--workers <ep>",
        "bind here for workers, as tcp://127.0.0.1:5557; port * for any free one",
      ).makeOptionMandatory(),
    )
    .addOption(option("--producers <ep>", "bind here for producers, such as tq submit"))
    .addOption(option("--sink <ep>", "where results go; may be repeated", readEndpoints))
    .addOption(option("--push <ep>", "bind here for tasks that are delivered at most once"))
    .addOption(option("--events <ep>", "bind here for subscribers to events, such as tq events"))
    .addOption(option("--events-proxy <ep>", "publish events at this proxy (its --publishers)"))
    .addOption(
      option("--journal <dir>", "keep accepted tasks in this folder, over restarts (default: in memory)"),
    )
    .addOption(
      option(
        "--durability <when>",
        "with --journal: when a task counts as kept. always: synced; interval: written, synced each second; none: written " +
          "(default: always)",
      ).choices(durabilities),
    )
    .addOption(
      option(
        "--dead-letters-max <n>",
        "failed tasks kept for tq dead (default: 10000)",
        readCount(1, countMax),
      ),
    )
    .addOption(
      option(
        "--idempotency-keys-max <n>",
        "keys kept of tasks that are over (default: 1000000)",
        readCount(1, countMax),
      ),
    )
    .addOption(option("--name <name>", "what peers and logs call it (default: host and pid)"))
    .addOption(flag("--insecure", "allow to bind beyond the loopback, unencrypted", environment))
    .addOption(compressionOption());
}

export async function runVentilator(options: VentilatorCommandOptions): Promise<ExitCode> {
  const {
    workers,
    producers,
    sink: sinks,
    push,
    events,
    eventsProxy,
    journal: directory,
    durability,
    deadLettersMax,
    idempotencyKeysMax,
    name,
    insecure,
    compression,
    logLevel,
  } = options;
  if (durability !== undefined && directory === undefined)
    throw new TqError(
      "TQ_ERR_INVALID_OPTION",
      "--durability is about a journal: say where it is with --journal",
    );
  const log = createCliLogger("ventilator", logLevel);
  const { startVentilator } = await import("@tq/ventilator");
  const ventilator = await startVentilator({
    workers,
    insecure,
    compression,
    log,
    deadLettersMax,
    idempotencyKeysMax,
    ...(producers !== undefined && { producers }),
    ...(sinks !== undefined && { sinks }),
    ...(push !== undefined && { push }),
    ...(events !== undefined && { events }),
    ...(eventsProxy !== undefined && { eventsProxy }),
    ...(directory !== undefined && { journal: { directory, durability } }),
    ...(name !== undefined && { name }),
  });
  const ended = printReady({ role: "ventilator", pid: process.pid, ...ventilator.endpoints }).then(
    () => ventilator.closed,
  );
  return serve({ running: ventilator, ended, log });
}
