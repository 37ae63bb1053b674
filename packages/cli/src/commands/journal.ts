/** `tq journal`: looks into a ventilator's journal, and saves what can be read of a damaged one. */
import type { Command } from "commander";
import { option } from "../command-line/options.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { formatSalvage, formatSummary } from "../journal/format-journal.ts";
import { standardOutput } from "../output/line-output.ts";

export interface JournalCommandOptions {
  readonly json: boolean;
}

export interface SalvageCommandOptions extends JournalCommandOptions {
  readonly to: string;
}

export function describeJournal(command: Command): Command {
  return command.description("look into a ventilator's journal, or save what is left of it");
}

export function describeJournalShow(command: Command): Command {
  return command
    .description("count its tasks by state; the ventilator may be running")
    .argument("<dir>", "the ventilator's --journal")
    .addHelpText(
      "after",
      `
States: waiting (ready, or at a worker), scheduled (not due yet), settling (the sink has still to confirm the outcome).
With --json one object on stdout.`,
    );
}

export function describeJournalSalvage(command: Command): Command {
  return command
    .description("copy what can be read of a damaged journal into a new one, and say what is lost")
    .argument("<dir>", "the damaged journal, which is only read; its ventilator must not run")
    .addOption(option("--to <dir>", "folder of the new journal").makeOptionMandatory())
    .addHelpText("after", "\nExit code 1 if anything is lost.");
}

export async function runJournalShow(directory: string, { json }: JournalCommandOptions): Promise<ExitCode> {
  const { showJournal } = await import("@tq/ventilator/journal");
  const summary = showJournal(directory);
  await standardOutput.write(json ? `${JSON.stringify(summary)}\n` : formatSummary(summary));
  return exitCodes.fine;
}

export async function runJournalSalvage(
  directory: string,
  { to, json }: SalvageCommandOptions,
): Promise<ExitCode> {
  const { salvageJournal } = await import("@tq/ventilator/journal");
  const report = salvageJournal(directory, to);
  await standardOutput.write(json ? `${JSON.stringify(report)}\n` : formatSalvage(report));
  return report.lost.length === 0 ? exitCodes.fine : exitCodes.internal;
}
