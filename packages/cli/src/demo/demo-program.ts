/** The demo's command line. */
import { join } from "node:path";
import { TqError } from "@tq/common";
import { Command, InvalidArgumentError, Option } from "commander";
import { readCount } from "../command-line/options.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { standardOutput } from "../output/line-output.ts";
import { say } from "../output/report-error.ts";
import { findFiles } from "./find-files.ts";
import { ProgressBar } from "./progress-bar.ts";
import { formatJson, formatTable } from "./report.ts";
import { type Lane, runDemo } from "./run-demo.ts";

interface DemoOptions {
  readonly dir?: readonly string[];
  readonly ext: readonly string[];
  readonly workers: number;
  readonly lane: Lane;
  readonly kill: boolean;
  readonly json: boolean;
}

const workersMax = 64;

/** The workspace's root, seen from this folder. What is installed there is text that every clone has. */
const dependencies = join(import.meta.dirname, "../../../../node_modules");

export function createDemoProgram(onEnd: (exitCode: ExitCode) => void): Command {
  return new Command("demo")
    .description(
      "Counts the words of files with a ventilator, worker processes and a sink process, over tcp.",
    )
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addOption(
      new Option(
        "--dir <path>",
        "a folder to search; may be repeated (default: the installed dependencies)",
      ).argParser(collect),
    )
    .addOption(
      new Option("--ext <endings>", "endings of the files, separated by commas")
        .argParser(readEndings)
        .default(["md", "txt"], "md,txt"),
    )
    .addOption(new Option("--workers <n>", "worker processes").argParser(readCount(1, workersMax)).default(2))
    .addOption(
      new Option("--lane <lane>", "push: over PUSH and PULL, each task at most once")
        .choices(["credit", "push"] satisfies readonly Lane[])
        .default("credit"),
    )
    .option("--kill", "kill a worker with SIGKILL half way, and start another", false)
    .option("--json", "print one line of JSON", false)
    .action(async (options: DemoOptions) => onEnd(await demo(options)));
}

const collect = (path: string, previous: readonly string[] = []): readonly string[] => [...previous, path];

function readEndings(text: string): readonly string[] {
  const endings = text.split(",").map((ending) => ending.trim().replace(/^\./, ""));
  if (endings.every((ending) => ending !== "" && !ending.includes("/"))) return endings;
  throw new InvalidArgumentError("It takes endings such as md,txt.");
}

async function demo({ dir, ext, workers, lane, kill, json }: DemoOptions): Promise<ExitCode> {
  if (kill && lane === "push") {
    const message =
      "--kill needs --lane credit: what a killed worker had is not run again on the push lane, so the counts could not be right";
    throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "kill" } });
  }
  const { files, unlisted } = await findFiles(dir ?? [dependencies], ext);
  using bar = new ProgressBar(files.length);
  if (!json) bar.say(`counting the words of ${files.length} files with ${workers} workers`);
  const result = await runDemo({ files, workers, lane, isKilling: kill, bar });
  bar[Symbol.dispose]();
  const failed = [...unlisted, ...result.failed];
  for (const line of failed) say(`demo: not counted: ${line}\n`);
  await standardOutput.write(json ? formatJson(result) : formatTable(result));
  return failed.length > 0 ? exitCodes.taskFailed : exitCodes.fine;
}
