/** The ceiling: what a pipeline written by hand does on this machine, right now. */

import { measurePipeline, type PipelineFigures } from "../pipeline/measure-pipeline.ts";
import type { RawLoad } from "./raw-load.ts";

export interface RawPipelineOptions {
  /** How many tasks to time. Default 1,000,000: about a second. */
  readonly tasks?: number;
  /** Default 256. */
  readonly tasksPerMessage?: number;
  /** Characters of text in each task's input, besides `{ id, value }`. Default 0. */
  readonly payloadBytes?: number;
}

/**
 * Runs the raw pipeline once, in three processes of its own over tcp on the loopback, after a warm-up.
 * Rejects unless every task arrived exactly once with the right value.
 */
export function measureRawPipeline(options: RawPipelineOptions = {}): Promise<PipelineFigures> {
  const { tasks = 1_000_000, tasksPerMessage = 256, payloadBytes = 0 } = options;
  const warmUpTasks = Math.ceil(Math.min(200_000, Math.max(tasks / 5, tasksPerMessage)));
  const load: RawLoad = { tasks, warmUpTasks, tasksPerMessage, payloadBytes };
  return measurePipeline({ stages: new URL("./roles.ts", import.meta.url), load, tasks });
}
