/** `bench throughput`: tq against the pipeline written by hand, in interleaved rounds of one call. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { median } from "../measure/median.ts";
import { originOfFigures } from "../measure/origin-of-figures.ts";
import { formatTable, parseCount, parseSize, printFigures, reportProgress } from "../measure/report.ts";
import { waitForQuiet } from "../measure/wait-for-quiet.ts";
import { measurePipeline, type PipelineFigures } from "../pipeline/measure-pipeline.ts";
import type { StageRole } from "../pipeline/stage.ts";
import { measureRawPipeline } from "../raw-pipeline/measure-raw-pipeline.ts";
import type { Keeping, Lane, LaneLoad } from "./lane-load.ts";

interface ThroughputOptions {
  readonly lane: Lane;
  readonly keeping: Keeping;
  readonly tasks: number;
  readonly payloadBytes: number;
  readonly rounds: number;
  readonly json: boolean;
}

/** Tasks per message of the raw pipeline: what it does best with, by the table in docs/performance.md. */
const rawTasksPerMessage = 256;

export const throughputCommand = new Command("throughput")
  .description("tasks per second of a lane, as a ratio to the hand-written pipeline")
  .addOption(
    new Option("--lane <lane>", "which lane to measure")
      .choices(["credit", "push"] satisfies readonly Lane[])
      .default("credit"),
  )
  .addOption(
    new Option("--keeping <how>", "memory, or the durability of the ventilator's journal")
      .choices(["memory", "always", "interval", "none"] satisfies readonly Keeping[])
      .default("memory"),
  )
  .option("--tasks <count>", "tasks per round", parseCount, 1_000_000)
  .option("--payload-bytes <count>", "text in each task besides its number", parseSize, 0)
  .option("--rounds <count>", "how often each is measured", parseCount, 5)
  .option("--json", "print one line of JSON instead of the table", false)
  .action(run);

async function run({ lane, keeping, tasks, payloadBytes, rounds, json }: ThroughputOptions): Promise<void> {
  const raw: PipelineFigures[] = [];
  const own: PipelineFigures[] = [];
  // Raw before and after each round: what the machine does meanwhile strikes both.
  for (let round = 1; round <= rounds; round++) {
    reportProgress(`throughput, ${lane} lane: round ${round} of ${rounds}`);
    await waitForQuiet();
    raw.push(await measureRawPipeline({ tasks, tasksPerMessage: rawTasksPerMessage, payloadBytes }));
    own.push(await measureLane(lane, { tasks, payloadBytes, keeping }));
  }
  raw.push(await measureRawPipeline({ tasks, tasksPerMessage: rawTasksPerMessage, payloadBytes }));
  const figures = {
    lane,
    tasksPerSecond: Math.round(medianOf(own, "tasksPerSecond")),
    rawTasksPerSecond: Math.round(medianOf(raw, "tasksPerSecond")),
    ratio: rounded(medianOf(own, "tasksPerSecond") / medianOf(raw, "tasksPerSecond")),
    cpuMicrosecondsPerTask: rounded(medianOf(own, "cpuMicrosecondsPerTask")),
    rawCpuMicrosecondsPerTask: rounded(medianOf(raw, "cpuMicrosecondsPerTask")),
    tasks,
    payloadBytes,
    rawTasksPerMessage,
    durability: keeping,
    rounds: { own, raw },
    ...originOfFigures(["bench", "packages"], ["zeromq", "msgpackr"]),
  };
  printFigures(figures, { json, text: tableOf(figures) });
}

async function measureLane(
  lane: Lane,
  { tasks, payloadBytes, keeping }: Pick<ThroughputOptions, "tasks" | "payloadBytes" | "keeping">,
): Promise<PipelineFigures> {
  const warmUpTasks = Math.min(300_000, Math.ceil(tasks / 2));
  const directory = mkdtempSync(join(tmpdir(), "tq-bench-"));
  const load: LaneLoad = { lane, tasks, warmUpTasks, payloadBytes, keeping, directory };
  const stages = new URL("./lane-roles.ts", import.meta.url);
  const doneBy: readonly StageRole[] = lane === "credit" ? ["sink", "ventilator"] : ["sink"];
  try {
    return await measurePipeline({ stages, load, tasks, doneBy });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const medianOf = (rounds: readonly PipelineFigures[], figure: keyof PipelineFigures): number =>
  median(rounds.map((round) => round[figure]));

const rounded = (figure: number): number => Math.round(figure * 1000) / 1000;

interface TableFigures {
  readonly lane: string;
  readonly tasksPerSecond: number;
  readonly rawTasksPerSecond: number;
  readonly ratio: number;
  readonly cpuMicrosecondsPerTask: number;
  readonly rawCpuMicrosecondsPerTask: number;
}

const tableOf = (figures: TableFigures): string =>
  formatTable([
    ["", "tasks/s", "µs of CPU per task", "ratio"],
    [
      `${figures.lane} lane`,
      figures.tasksPerSecond.toLocaleString("en"),
      figures.cpuMicrosecondsPerTask.toFixed(2),
      figures.ratio.toFixed(2),
    ],
    [
      "written by hand",
      figures.rawTasksPerSecond.toLocaleString("en"),
      figures.rawCpuMicrosecondsPerTask.toFixed(2),
      "1.00",
    ],
  ]);
