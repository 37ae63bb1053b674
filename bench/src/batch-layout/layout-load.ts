import type { Shape } from "./values.ts";

/** What one run of a layout under the pipeline sends. */
export interface LayoutLoad {
  readonly layout: string;
  readonly shape: Shape;
  /** Tasks of the measured run. */
  readonly tasks: number;
  readonly warmUpTasks: number;
  readonly tasksPerMessage: number;
  /** The producer's batches are this many messages long, so the hand-out side has to cut them. */
  readonly messagesPerBatch: number;
}
