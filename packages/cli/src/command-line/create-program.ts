/**
 * The commands of `tq` and the options they share. A role is loaded when its command runs, so that `tq --help` answers
 * at once and opens no sockets library.
 */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import {
  type DeadChoiceOptions,
  type DeadCommandOptions,
  type DeadListOptions,
  describeDead,
  describeDeadDiscard,
  describeDeadList,
  describeDeadRetry,
  describeDeadShow,
  runDeadDiscard,
  runDeadList,
  runDeadRetry,
  runDeadShow,
} from "../commands/dead.ts";
import { type DevCommandOptions, describeDev, runDev } from "../commands/dev.ts";
import { describeEvents, type EventsCommandOptions, runEvents } from "../commands/events.ts";
import {
  describeJournal,
  describeJournalSalvage,
  describeJournalShow,
  type JournalCommandOptions,
  runJournalSalvage,
  runJournalShow,
  type SalvageCommandOptions,
} from "../commands/journal.ts";
import { describeProxy, type ProxyCommandOptions, runProxy } from "../commands/proxy.ts";
import { describeResults, type ResultsCommandOptions, runResults } from "../commands/results.ts";
import { describeSink, runSink, type SinkCommandOptions } from "../commands/sink.ts";
import { describeSubmit, runSubmit, type SubmitCommandOptions } from "../commands/submit.ts";
import { describeVentilator, runVentilator, type VentilatorCommandOptions } from "../commands/ventilator.ts";
import { describeWorker, runWorker, type WorkerCommandOptions } from "../commands/worker.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { LogLevel } from "../output/create-cli-logger.ts";
import { type Environment, jsonFlag, logLevelOption } from "./options.ts";
import { refuseInproc } from "./refuse-inproc.ts";

const epilogue = `
Every option can also be given by environment, --log-level as TQ_LOG_LEVEL, but what dead letters to retry or discard.
Exit codes: 0 fine, 1 internal, 2 usage, 3 a task failed, 4 timed out, 5 unreachable; after a second SIGINT or SIGTERM
128 + its number.`;

/** `onEnd` is told the exit code of the command that ran. Commander's errors are thrown, not printed. */
export function createProgram(environment: Environment, onEnd: (exitCode: ExitCode) => void): Command {
  const program = new Command("tq")
    .description("Distributed tasks without a broker: ventilator, workers, sink.")
    .version(readVersion())
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addHelpText("after", epilogue)
    .hook("preAction", (_program, command) => refuseInproc(command));

  const add = (name: string, logLevel: LogLevel = "info", to = program): Command =>
    to.command(name).addOption(jsonFlag(environment)).addOption(logLevelOption(logLevel));

  describeDev(add("dev")).action(async (files: string[], options: DevCommandOptions) =>
    onEnd(await runDev(files, options)),
  );
  describeVentilator(add("ventilator"), environment).action(async (options: VentilatorCommandOptions) =>
    onEnd(await runVentilator(options)),
  );
  describeWorker(add("worker"), environment).action(async (files: string[], options: WorkerCommandOptions) =>
    onEnd(await runWorker(files, options)),
  );
  describeSink(add("sink"), environment).action(async (options: SinkCommandOptions) =>
    onEnd(await runSink(options)),
  );
  // What goes wrong ends it, and is said then: a log would say it twice.
  describeSubmit(add("submit", "silent"), environment).action(
    async (task: string, json: string | undefined, options: SubmitCommandOptions) =>
      onEnd(await runSubmit([task, json], options)),
  );
  describeEvents(add("events", "silent"), environment).action(async (options: EventsCommandOptions) =>
    onEnd(await runEvents(options)),
  );
  describeResults(add("results", "silent"), environment).action(
    async (task: string | undefined, options: ResultsCommandOptions) =>
      onEnd(await runResults(task, options)),
  );
  describeProxy(add("proxy"), environment).action(async (options: ProxyCommandOptions) =>
    onEnd(await runProxy(options)),
  );
  const addSilent = (name: string, to: Command): Command => add(name, "silent", to);
  addDead(describeDead(program.command("dead")), onEnd, addSilent);
  addJournal(describeJournal(program.command("journal")), onEnd, addSilent);
  return program;
}

function addDead(
  dead: Command,
  onEnd: (exitCode: ExitCode) => void,
  add: (name: string, to: Command) => Command,
): void {
  describeDeadList(add("list", dead)).action(async (options: DeadListOptions) =>
    onEnd(await runDeadList(options)),
  );
  describeDeadShow(add("show", dead)).action(async (id: string, options: DeadCommandOptions) =>
    onEnd(await runDeadShow(id, options)),
  );
  describeDeadRetry(add("retry", dead)).action(async (ids: string[], options: DeadChoiceOptions) =>
    onEnd(await runDeadRetry(ids, options)),
  );
  describeDeadDiscard(add("discard", dead)).action(async (ids: string[], options: DeadChoiceOptions) =>
    onEnd(await runDeadDiscard(ids, options)),
  );
}

function addJournal(
  journal: Command,
  onEnd: (exitCode: ExitCode) => void,
  add: (name: string, to: Command) => Command,
): void {
  describeJournalShow(add("show", journal)).action(
    async (directory: string, options: JournalCommandOptions) =>
      onEnd(await runJournalShow(directory, options)),
  );
  describeJournalSalvage(add("salvage", journal)).action(
    async (directory: string, options: SalvageCommandOptions) =>
      onEnd(await runJournalSalvage(directory, options)),
  );
}

/** The package's manifest stands two folders above this one, in source and when built. */
function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  return manifest.version;
}
