/** `bench payloads`: what large payloads cost, with and without packing, in interleaved rounds of one call. */
import { Command, Option } from "commander";
import { median } from "../measure/median.ts";
import { originOfFigures } from "../measure/origin-of-figures.ts";
import { formatTable, parseCount, printFigures, reportProgress } from "../measure/report.ts";
import { waitForQuiet } from "../measure/wait-for-quiet.ts";
import { measurePipeline, type PipelineFigures } from "../pipeline/measure-pipeline.ts";
import { type Payload, type PayloadLoad, payloadBytes } from "./payload-load.ts";

interface PayloadsOptions {
  readonly payload: Payload;
  readonly megabytes: number;
  readonly rounds: number;
  readonly json: boolean;
}

const compressions = ["off", "always"] as const;

export const payloadsCommand = new Command("payloads")
  .description("large payloads through the credit lane and back out, packed and not, on the loopback")
  .addOption(
    new Option("--payload <kind>", "what the tasks carry")
      .choices(["json", "noise", "frame"])
      .default("json"),
  )
  .option("--megabytes <count>", "payload per round, each way", parseCount, 200)
  .option("--rounds <count>", "how often each is measured", parseCount, 5)
  .option("--json", "print one line of JSON instead of the table", false)
  .action(run);

async function run({ payload, megabytes, rounds, json }: PayloadsOptions): Promise<void> {
  const tasks = Math.ceil((megabytes * 1e6) / payloadBytes[payload]);
  const measured: Record<(typeof compressions)[number], PipelineFigures[]> = { off: [], always: [] };
  for (let round = 1; round <= rounds; round++) {
    reportProgress(`payloads, ${payload}: round ${round} of ${rounds}`);
    for (const compression of compressions) {
      await waitForQuiet();
      measured[compression].push(
        await measure({ payload, compression, tasks, warmUpTasks: Math.ceil(tasks / 4) }),
      );
    }
  }
  const figures = compressions.map((compression) => {
    const of = (figure: keyof PipelineFigures) => median(measured[compression].map((each) => each[figure]));
    const tasksPerSecond = of("tasksPerSecond");
    return {
      compression,
      tasksPerSecond: Math.round(tasksPerSecond),
      megabytesPerSecond: Math.round((tasksPerSecond * payloadBytes[payload]) / 1e6),
      cpuMicrosecondsPerTask: Math.round(of("cpuMicrosecondsPerTask") * 10) / 10,
    };
  });
  const text = formatTable([
    ["compression", "tasks/s", "MB/s each way", "µs of CPU per task"],
    ...figures.map((row) => Object.values(row).map((cell) => cell.toLocaleString("en"))),
  ]);
  const origin = originOfFigures(["bench", "packages"], ["zeromq", "lz4-napi"]);
  printFigures({ payload, tasks, figures, rounds: measured, ...origin }, { json, text });
}

function measure(load: PayloadLoad): Promise<PipelineFigures> {
  const stages = new URL("./payload-roles.ts", import.meta.url);
  return measurePipeline({ stages, load, tasks: load.tasks, doneBy: ["sink", "ventilator"] });
}
