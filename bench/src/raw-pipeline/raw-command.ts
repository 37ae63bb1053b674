/** `bench raw`: the ceiling alone. */

import { Command } from "commander";
import { median } from "../measure/median.ts";
import { formatTable, parseCount, parseSize, printFigures, reportProgress } from "../measure/report.ts";
import { waitForQuiet } from "../measure/wait-for-quiet.ts";
import type { PipelineFigures } from "../pipeline/measure-pipeline.ts";
import { measureRawPipeline } from "./measure-raw-pipeline.ts";

interface RawOptions {
  readonly tasks: number;
  readonly tasksPerMessage: number;
  readonly payloadBytes: number;
  readonly rounds: number;
  readonly json: boolean;
}

export const rawCommand = new Command("raw")
  .description("the hand-written pipeline that everything is measured against")
  .option("--tasks <count>", "tasks per round", parseCount, 1_000_000)
  .option("--tasks-per-message <count>", "tasks in one message", parseCount, 256)
  .option("--payload-bytes <count>", "text in each task besides its number", parseSize, 0)
  .option("--rounds <count>", "how often it is measured", parseCount, 3)
  .option("--json", "print one line of JSON instead of the table", false)
  .action(run);

async function run({ rounds: roundCount, json, ...load }: RawOptions): Promise<void> {
  const rounds: PipelineFigures[] = [];
  while (rounds.length < roundCount) {
    reportProgress(`raw pipeline: round ${rounds.length + 1} of ${roundCount}`);
    await waitForQuiet();
    rounds.push(await measureRawPipeline(load));
  }
  const figures = {
    ...load,
    tasksPerSecond: median(rounds.map((round) => round.tasksPerSecond)),
    cpuMicrosecondsPerTask: median(rounds.map((round) => round.cpuMicrosecondsPerTask)),
    rounds,
  };
  const text = formatTable([
    ["tasks per message", "tasks/s", "µs of CPU per task"],
    [
      String(load.tasksPerMessage),
      Math.round(figures.tasksPerSecond).toLocaleString("en"),
      figures.cpuMicrosecondsPerTask.toFixed(2),
    ],
  ]);
  printFigures(figures, { json, text });
}
