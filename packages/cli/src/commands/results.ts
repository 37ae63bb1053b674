/** `tq results`: shows what a sink's store holds, also while the sink runs. */
import type { OutcomeStatus } from "@tq/common";
import type { ResultsQuery } from "@tq/sink";
import type { Command } from "commander";
import { type Environment, option, readCount } from "../command-line/options.ts";
import { readInstant } from "../command-line/read-instant.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import type { LogLevel } from "../output/create-cli-logger.ts";
import { standardOutput } from "../output/line-output.ts";
import { formatResultLine } from "../output/result-line.ts";

export interface ResultsCommandOptions {
  readonly store: string;
  readonly outcome?: OutcomeStatus;
  readonly since?: Date;
  readonly until?: Date;
  readonly traceId?: string;
  readonly id?: string;
  readonly limit?: number;
  readonly json: boolean;
  readonly logLevel: LogLevel;
}

const outcomes: readonly OutcomeStatus[] = ["completed", "failed", "dead", "cancelled", "expired"];

export function describeResults(command: Command, _environment: Environment): Command {
  return command
    .description("show results that a sink's store holds, one JSON line each")
    .argument("[task]", "only results of this task")
    .addOption(option("--store <file>", "the file that tq sink --store was given").makeOptionMandatory())
    .addOption(option("--outcome <outcome>", "only those that ended so").choices(outcomes))
    .addOption(
      option(
        "--since <time>",
        "committed then or later: 2026-11-21T10:00Z, or 90m for so long ago",
        readInstant,
      ),
    )
    .addOption(option("--until <time>", "committed before", readInstant))
    .addOption(option("--trace-id <id>", "of this trace"))
    .addOption(option("--id <id>", "of the task with this id"))
    .addOption(
      option("--limit <count>", "the first so many (default: all)", readCount(1, Number.MAX_SAFE_INTEGER)),
    )
    .addHelpText(
      "after",
      `
In the order of their commits. A line is that of tq sink, and committedAt. The store may be in use meanwhile.
Exit codes: 0 also where there is none, 1 no store or a damaged one, 2 usage.`,
    );
}

export async function runResults(
  task: string | undefined,
  options: ResultsCommandOptions,
): Promise<ExitCode> {
  const { store, outcome, since, until, traceId, id: taskId, limit } = options;
  const { openResults } = await import("@tq/sink");
  using results = openResults(store);
  const query: ResultsQuery = { task, outcome, since, until, traceId, taskId, limit };
  for (const result of results.query(query)) {
    const isBehind = standardOutput.add(formatResultLine(result));
    if (isBehind !== undefined) await isBehind;
  }
  await standardOutput.flush();
  return exitCodes.fine;
}
