/** `bench batch-layout`: which layout of a batch is fastest, by codec alone and under the raw pipeline. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { type OriginOfFigures, originOfFigures } from "../measure/origin-of-figures.ts";
import { formatTable, parseCount, printFigures, reportProgress } from "../measure/report.ts";
import { type CodecFigure, measureCodecs } from "./measure-codecs.ts";
import { type LayoutFigure, measureLayouts } from "./measure-layouts.ts";
import { shapes } from "./values.ts";

interface BatchLayoutFigures {
  readonly origin: OriginOfFigures;
  readonly pipeline: readonly LayoutFigure[];
  readonly codecs: readonly CodecFigure[];
}

export const batchLayoutCommand = new Command("batch-layout")
  .description(
    "compare layouts of a batch of tasks, by codec alone and under the raw pipeline (4 minutes on a quiet machine)",
  )
  .option("--rounds <count>", "how often each is measured, in turn", parseCount, 5)
  .option("--out <file>", "also add all figures to the runs in this file")
  .option("--json", "print one line of JSON instead of the tables", false)
  .action(run);

async function run(options: { rounds: number; out?: string; json: boolean }): Promise<void> {
  const onProgress = reportProgress;
  const figures: BatchLayoutFigures = {
    origin: originOfFigures(["bench/src", "packages/common/src/wire"], ["msgpackr", "zeromq"]),
    pipeline: await measureLayouts({ rounds: options.rounds, onProgress }),
    codecs: await measureCodecs({ rounds: options.rounds, forMs: 30, onProgress }),
  };
  if (options.out !== undefined) addRun(options.out, figures);
  printFigures(figures, { json: options.json, text: formatFigures(figures) });
}

/** Runs are kept, not replaced: on a shared machine no single one tells the truth. */
function addRun(file: string, figures: BatchLayoutFigures): void {
  const runs = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as unknown[]) : [];
  writeFileSync(file, `${JSON.stringify([...runs, figures], null, 2)}\n`);
}

function formatFigures({ pipeline, codecs }: BatchLayoutFigures): string {
  const tables = shapes.flatMap((shape) => [
    formatPipeline(pipeline.filter((figure) => figure.shape === shape)),
    formatCodecs(codecs.filter((figure) => figure.shape === shape)),
  ]);
  return tables.join("\n\n");
}

function formatPipeline(figures: readonly LayoutFigure[]): string {
  const rows = figures.map((figure) => [
    figure.layout,
    Math.round(figure.tasksPerSecond).toLocaleString("en"),
    Math.round(figure.bestTasksPerSecond).toLocaleString("en"),
    figure.cpuMicrosecondsPerTask.toFixed(2),
    figure.leastCpuMicrosecondsPerTask.toFixed(2),
  ]);
  const header = [`${figures[0]?.shape}, pipeline`, "tasks/s", "best", "µs of CPU per task", "least"];
  return formatTable([header, ...rows]);
}

function formatCodecs(figures: readonly CodecFigure[]): string {
  const batchSizes = [...new Set(figures.map((figure) => figure.batchTasks))];
  const rows = new Map<string, string[]>();
  for (const { step, leastMicrosecondsPerTask } of figures) {
    const row = rows.get(step) ?? [step];
    row.push(leastMicrosecondsPerTask.toFixed(3));
    rows.set(step, row);
  }
  const header = [`${figures[0]?.shape}, least µs per task in a batch of`, ...batchSizes.map(String)];
  return formatTable([header, ...rows.values()]);
}
