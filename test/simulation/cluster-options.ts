/** What a simulated cluster is made of, and what becomes of its tasks. */
import type { TaskPolicy } from "@tq/common";
import type { TaskRunEvent } from "@tq/common/events";
import type { SinkLimits } from "../../packages/sink/src/core/limits.ts";
import type { VentilatorLimits } from "../../packages/ventilator/src/core/limits.ts";
import type { WorkerLimits } from "../../packages/worker/src/core/limits.ts";
import type { StartedAttempt } from "../../packages/worker/src/core/port.ts";
import type { SimulatedJournal } from "./simulated-journal.ts";

/** What becomes of one attempt. */
export type Fate =
  | { readonly afterMs: number; readonly ends: "completed"; readonly output?: unknown }
  | { readonly afterMs: number; readonly ends: "failed"; readonly final: boolean }
  /** Its process dies with it. */
  | { readonly afterMs: number; readonly ends: "death" };

export interface ClusterOptions {
  readonly ventilators: number;
  readonly sinks: number;
  readonly workers: number;
  readonly slots: number;
  readonly definitions?: readonly string[];
  readonly fate: (attempt: StartedAttempt) => Fate;
  /** Of all definitions. Default: that of `pipeline.ts`. */
  readonly policy?: TaskPolicy;
  /** Told what tasks go through, of all ventilators and sinks. Default: nothing is watched. */
  readonly onSteps?: (steps: readonly TaskRunEvent[]) => void;
  /** Told what is reported, by all roles. */
  readonly onEvent?: (event: { readonly type: string }) => void;
  /** With the push lane. Default false. */
  readonly push?: boolean;
  /** How long a sink's loop thinks about one batch; told which sink it is. Default 0. */
  readonly readMs?: (sink: number) => number;
  /** A worker that died is started anew. Default true. */
  readonly reviveWorkers?: boolean;
  readonly ventilatorLimits?: Partial<VentilatorLimits>;
  readonly workerLimits?: Partial<WorkerLimits>;
  /** Of each ventilator. Default: none. */
  readonly journals?: readonly SimulatedJournal[];
  readonly sinkLimits?: Partial<SinkLimits>;
}
