/** Runs every layout under the pipeline, round by round, so that noise hits all alike. */

import { median } from "../measure/median.ts";
import { waitForQuiet } from "../measure/wait-for-quiet.ts";
import { measurePipeline, type PipelineFigures } from "../pipeline/measure-pipeline.ts";
import type { LayoutLoad } from "./layout-load.ts";
import { layouts } from "./layouts.ts";
import { type Shape, shapes } from "./values.ts";

export interface LayoutFigure {
  readonly shape: Shape;
  readonly layout: string;
  readonly about: string;
  readonly tasksPerMessage: number;
  /** Medians of the rounds. */
  readonly tasksPerSecond: number;
  readonly cpuMicrosecondsPerTask: number;
  /** Of the best round each: whatever else runs on the machine only ever makes a round worse. */
  readonly bestTasksPerSecond: number;
  readonly leastCpuMicrosecondsPerTask: number;
  readonly rounds: readonly PipelineFigures[];
}

export interface LayoutOptions {
  readonly rounds: number;
  readonly onProgress: (text: string) => void;
}

/** Enough tasks for about half a second, and messages that stay below half a megabyte. */
const sizes: Record<Shape, { tasks: number; tasksPerMessage: number }> = {
  small: { tasks: 600_000, tasksPerMessage: 256 },
  "100B": { tasks: 240_000, tasksPerMessage: 256 },
  "4KiB": { tasks: 9_600, tasksPerMessage: 64 },
};

export async function measureLayouts(options: LayoutOptions): Promise<LayoutFigure[]> {
  const figures: LayoutFigure[] = [];
  for (const shape of shapes) figures.push(...(await measureShape(shape, options)));
  return figures;
}

async function measureShape(shape: Shape, { rounds, onProgress }: LayoutOptions): Promise<LayoutFigure[]> {
  const measured = layouts.map((): PipelineFigures[] => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [index, { name }] of layouts.entries()) {
      onProgress(`pipeline: ${shape}, round ${round} of ${rounds}, ${name}`);
      await waitForQuiet();
      measured[index]?.push(await measureLayout(name, shape));
    }
  }
  return layouts.map(({ name, about }, index) => {
    const figures = measured[index] ?? [];
    const speeds = figures.map((figure) => figure.tasksPerSecond);
    const costs = figures.map((figure) => figure.cpuMicrosecondsPerTask);
    return {
      shape,
      layout: name,
      about,
      tasksPerMessage: sizes[shape].tasksPerMessage,
      tasksPerSecond: median(speeds),
      cpuMicrosecondsPerTask: median(costs),
      bestTasksPerSecond: Math.max(...speeds),
      leastCpuMicrosecondsPerTask: Math.min(...costs),
      rounds: figures,
    };
  });
}

function measureLayout(layout: string, shape: Shape): Promise<PipelineFigures> {
  const { tasks, tasksPerMessage } = sizes[shape];
  const load: LayoutLoad = {
    layout,
    shape,
    tasks,
    warmUpTasks: tasks / 4,
    tasksPerMessage,
    messagesPerBatch: 4,
  };
  return measurePipeline({ stages: new URL("./layout-roles.ts", import.meta.url), load, tasks });
}
