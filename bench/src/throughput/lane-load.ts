import type { Durability } from "@tq/common/sqlite";

export type Lane = "credit" | "push";

/** How the ventilator keeps what it has accepted. */
export type Keeping = "memory" | Durability;

/** What one measurement of a lane sends. */
export interface LaneLoad {
  readonly lane: Lane;
  /** Tasks of the measured run. */
  readonly tasks: number;
  /** Tasks before it, so that the code is compiled and the window has tuned itself. */
  readonly warmUpTasks: number;
  /** Characters of text that each task carries besides its number. */
  readonly payloadBytes: number;
  readonly keeping: Keeping;
  /** Of the journal, if there is one. */
  readonly directory: string;
}
