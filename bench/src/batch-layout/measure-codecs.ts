/** Times every step of `codecs.ts` for every shape and batch size, round by round, so that noise hits all alike. */

import { median } from "../measure/median.ts";
import { microsecondsPerCall } from "../measure/microseconds-per-call.ts";
import { waitForQuiet } from "../measure/wait-for-quiet.ts";
import { columnSteps, decodeSteps, encodeSteps, makeSample } from "./codecs.ts";
import { makeValues, type Shape, shapes } from "./values.ts";

export interface CodecFigure {
  readonly shape: Shape;
  readonly batchTasks: number;
  readonly step: string;
  /** Median of the rounds. */
  readonly microsecondsPerTask: number;
  /** Of the best round. */
  readonly leastMicrosecondsPerTask: number;
  readonly rounds: readonly number[];
}

export interface CodecOptions {
  readonly rounds: number;
  /** Of each step in each round. */
  readonly forMs: number;
  readonly onProgress: (text: string) => void;
}

const batchSizes = [1, 16, 256, 1024];

export async function measureCodecs(options: CodecOptions): Promise<CodecFigure[]> {
  const figures: CodecFigure[] = [];
  for (const shape of shapes) {
    for (const batchTasks of batchSizes)
      figures.push(...(await measureBatch({ shape, batchTasks }, options)));
  }
  return figures;
}

interface BatchSize {
  readonly shape: Shape;
  readonly batchTasks: number;
}

async function measureBatch({ shape, batchTasks }: BatchSize, options: CodecOptions): Promise<CodecFigure[]> {
  options.onProgress(`codecs: ${shape}, batches of ${batchTasks}`);
  const sample = makeSample(makeValues(shape, batchTasks, 100_000));
  const steps = [...encodeSteps, ...decodeSteps, ...columnSteps];
  for (const step of steps) microsecondsPerCall(() => step.run(sample), options.forMs);
  await waitForQuiet();
  const rounds = steps.map((): number[] => []);
  for (let round = 0; round < options.rounds; round++) {
    steps.forEach((step, index) => {
      rounds[index]?.push(microsecondsPerCall(() => step.run(sample), options.forMs) / batchTasks);
    });
  }
  return steps.map((step, index) => {
    const figures = (rounds[index] ?? []).map(toFourDigits);
    return {
      shape,
      batchTasks,
      step: step.name,
      microsecondsPerTask: median(figures),
      leastMicrosecondsPerTask: Math.min(...figures),
      rounds: figures,
    };
  });
}

function toFourDigits(figure: number): number {
  return Number(figure.toPrecision(4));
}
