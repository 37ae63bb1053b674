/** `tq dead`: the tasks of a ventilator that failed for good. */
import { TqError } from "@tq/common";
import type { DeadLetterBox, DeadLetterFilter, RetriedTask } from "@tq/producer";
import type { Command, Option } from "commander";
import { option, readCount, readDuration, readEndpoints, wordOnly } from "../command-line/options.ts";
import { formatLetter, formatSummary, type LetterStyle, toJsonLine } from "../dead/format-letter.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { createCliLogger, type LogLevel } from "../output/create-cli-logger.ts";
import { standardOutput } from "../output/line-output.ts";
import { say } from "../output/report-error.ts";

export interface DeadCommandOptions {
  readonly ventilator: readonly string[];
  readonly timeout: number;
  readonly json: boolean;
  readonly logLevel: LogLevel;
}

export interface DeadFilterOptions extends DeadCommandOptions {
  readonly task?: string;
  readonly outcome?: "failed" | "dead";
}

export interface DeadListOptions extends DeadFilterOptions {
  readonly limit: number;
  readonly after?: string;
}

export interface DeadChoiceOptions extends DeadFilterOptions {
  readonly all: boolean;
}

/** What one page of a list holds at most. */
const listedMax = 1_000;

export function describeDead(command: Command): Command {
  return command.description("tasks that failed for good: list, show, retry, discard").addHelpText(
    "after",
    `
A ventilator keeps them until they are retried or discarded: in its journal if it has one, else in memory; the latest 10,000.`,
  );
}

export function describeDeadList(command: Command): Command {
  return withFilter(withVentilator(command.description("list them, the oldest first")), option)
    .addOption(option("--limit <n>", "how many at most", readCount(1, listedMax)).default(100))
    .addOption(option("--after <place>", "go on there: what the list before has named"))
    .addHelpText("after", output);
}

export function describeDeadShow(command: Command): Command {
  return withVentilator(command.description("show all of one: input, options, the errors of its attempts"))
    .argument("<id>", "the task's id")
    .addHelpText("after", output);
}

export function describeDeadRetry(command: Command): Command {
  const described = command.description("run them again, as new tasks with the same input and options");
  return withChoice(described).addHelpText(
    "after",
    `
Prints old and new id of each; their results go to the sink.${output}`,
  );
}

export function describeDeadDiscard(command: Command): Command {
  return withChoice(command.description("forget them, and say how many")).addHelpText("after", output);
}

export async function runDeadList(options: DeadListOptions): Promise<ExitCode> {
  return await withLetters(options, async (dead, style) => {
    const { limit, after } = options;
    const page = await dead.list({ ...filterOf(options), limit, after });
    for (const letter of page.letters) await standardOutput.add(formatSummary(letter, style));
    await standardOutput.flush();
    if (page.next !== undefined) say(`tq: there are more: go on with --after ${page.next}\n`);
    if (page.unreachable.length === 0) return exitCodes.fine;
    say(`tq: not listed, because it is out of reach: ${page.unreachable.join(", ")}\n`);
    return exitCodes.unreachable;
  });
}

export async function runDeadShow(id: string, options: DeadCommandOptions): Promise<ExitCode> {
  return await withLetters(options, async (dead, style) => {
    await standardOutput.write(formatLetter(await dead.show(id), style));
    return exitCodes.fine;
  });
}

export async function runDeadRetry(ids: readonly string[], options: DeadChoiceOptions): Promise<ExitCode> {
  const chosen = choiceOf("retry", ids, options);
  return await withLetters(options, async (dead, style) => {
    const print = async (all: readonly RetriedTask[]): Promise<void> => {
      for (const retried of all) {
        const { taskId, retriedAs } = retried;
        await standardOutput.add(style === "json" ? toJsonLine(retried) : `${taskId} is now ${retriedAs}\n`);
      }
      await standardOutput.flush();
    };
    for (const which of chosen) {
      await print(
        await dead.retry(which).catch(async (error: unknown) => {
          // New ids that nobody is told of could not be looked for.
          if (error instanceof TqError) await print((error.details.retried ?? []) as readonly RetriedTask[]);
          throw error;
        }),
      );
    }
    return exitCodes.fine;
  });
}

export async function runDeadDiscard(ids: readonly string[], options: DeadChoiceOptions): Promise<ExitCode> {
  const chosen = choiceOf("discard", ids, options);
  return await withLetters(options, async (dead, style) => {
    let discarded = 0;
    for (const which of chosen) discarded += await dead.discard(which);
    await standardOutput.write(style === "json" ? toJsonLine({ discarded }) : `discarded ${discarded}\n`);
    return exitCodes.fine;
  });
}

const output = `
On a terminal a line is for people; with --json, or into a pipe or file, it is JSON.
Exit codes: 0 fine, 2 usage or no such dead letter, 5 a ventilator is out of reach.`;

function withVentilator(command: Command): Command {
  return command
    .addOption(
      option(
        "--ventilator <ep>",
        "producers' endpoint of a ventilator; may be repeated",
        readEndpoints,
      ).makeOptionMandatory(),
    )
    .addOption(
      option("--timeout <time>", "how long a ventilator has to answer", readDuration).default(10_000, "10s"),
    );
}

function withFilter(command: Command, made: (flags: string, description: string) => Option): Command {
  return command
    .addOption(made("--task <name>", "only of this task"))
    .addOption(made("--outcome <outcome>", "only with this one").choices(["failed", "dead"]));
}

function withChoice(command: Command): Command {
  return withFilter(withVentilator(command), wordOnly)
    .argument(
      "[ids...]",
      "these; or else --task, --outcome or --all, which are not read from the environment",
    )
    .addOption(wordOnly("--all", "all there are").default(false, "off"));
}

/** Nobody discards all of them by forgetting a word. */
function choiceOf(
  call: "retry" | "discard",
  ids: readonly string[],
  options: DeadChoiceOptions,
): readonly (string | DeadLetterFilter)[] {
  const filter = filterOf(options);
  const isFiltered = Object.keys(filter).length > 0 || options.all;
  if (ids.length > 0 === isFiltered) {
    const message = `tq dead ${call} takes ids, or else --task, --outcome or --all to choose by`;
    throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "ids" } });
  }
  return isFiltered ? [filter] : ids;
}

function filterOf({ task, outcome }: DeadFilterOptions): DeadLetterFilter {
  return { ...(task !== undefined && { task }), ...(outcome !== undefined && { outcome }) };
}

async function withLetters(
  { ventilator: ventilators, timeout: timeoutMs, json, logLevel }: DeadCommandOptions,
  use: (dead: DeadLetterBox, style: LetterStyle) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { startProducer } = await import("@tq/producer");
  const log = createCliLogger("dead", logLevel);
  const producer = await startProducer({ ventilators, timeoutMs, log });
  try {
    return await use(producer.dead, json || !process.stdout.isTTY ? "json" : "people");
  } finally {
    await producer.close();
  }
}
