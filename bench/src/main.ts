/** `pnpm bench`: one subcommand per question. Data goes to stdout, progress to stderr. */

import { Command } from "commander";
import { batchLayoutCommand } from "./batch-layout/batch-layout-command.ts";
import { eventsCommand } from "./events/events-command.ts";
import { journalCommand } from "./journal/journal-command.ts";
import { payloadsCommand } from "./payloads/payloads-command.ts";
import { rawCommand } from "./raw-pipeline/raw-command.ts";
import { throughputCommand } from "./throughput/throughput-command.ts";

const program = new Command("bench").description(
  "what tq costs, measured against a pipeline written by hand",
);
for (const command of [
  throughputCommand,
  payloadsCommand,
  eventsCommand,
  journalCommand,
  rawCommand,
  batchLayoutCommand,
])
  program.addCommand(command);
await program.parseAsync();
