/**
 * What one simulated world is made of: how many of each role, and how roomy or tight everything in it is.
 *
 * Each seed draws a subset: what is always there can hide what happens without it, and what is always roomy hides what
 * happens at a limit.
 */
import type { TaskPolicy } from "@tq/common";
import type { SinkLimits } from "../../../packages/sink/src/core/limits.ts";
import type { VentilatorLimits } from "../../../packages/ventilator/src/core/limits.ts";
import type { WorkerLimits } from "../../../packages/worker/src/core/limits.ts";
import type { RandomStream } from "./random-streams.ts";

export interface Configuration {
  readonly ventilators: number;
  readonly sinks: number;
  readonly workers: number;
  readonly producers: number;
  readonly slots: number;
  readonly definitions: readonly string[];
  readonly policy: TaskPolicy;
  readonly hasPushLane: boolean;
  /** What a sink remembers outlives its process. */
  readonly hasStore: boolean;
  /** What a ventilator has accepted outlives its process. */
  readonly hasJournal: boolean;
  /** Duplicates and reordering: no carrier does this, and nothing may depend on that. */
  readonly isHarsh: boolean;
  readonly keepsQueues: boolean;
  /** Messages on their way in one direction of a connection: more find no room. */
  readonly pipeMessagesMax: number;
  /** Of a sync, at most. */
  readonly syncMsMax: number;
  readonly ventilatorLimits: Partial<VentilatorLimits>;
  readonly workerLimits: Partial<WorkerLimits>;
  readonly sinkLimits: Partial<SinkLimits>;
  /** How long a sink's loop thinks about one batch, at most. */
  readonly readMsMax: number;
}

export function drawConfiguration(random: RandomStream): Configuration {
  const isTight = random.chance(0.4);
  // Waits that are half a minute in earnest: a simulated world lasts a few seconds.
  const graces = { sinkGraceMs: random.pick(1_200, 4_000), producerGraceMs: random.pick(1_000, 3_000) };
  return {
    ventilators: random.between(1, 2),
    sinks: random.between(1, 2),
    workers: random.between(1, 4),
    producers: random.between(1, 2),
    slots: random.between(1, 4),
    definitions: random.chance(0.5) ? ["work"] : ["work", "play"],
    policy: drawPolicy(random),
    hasPushLane: random.chance(0.3),
    hasStore: random.chance(0.7),
    hasJournal: random.chance(0.6),
    isHarsh: random.chance(0.25),
    keepsQueues: random.chance(0.25),
    pipeMessagesMax: random.pick(64, 64, 64, 8),
    syncMsMax: random.pick(0, 2, 20),
    readMsMax: random.pick(0, 5, 30),
    ...(isTight
      ? drawTightLimits(random, graces)
      : { ventilatorLimits: graces, workerLimits: {}, sinkLimits: {} }),
  };
}

function drawPolicy(random: RandomStream): TaskPolicy {
  return {
    maxAttempts: random.between(1, 4),
    crashLimit: random.between(1, 3),
    timeoutMs: random.pick(400, 2_000, 60_000),
    backoff: { initialMs: random.between(1, 50), factor: 2, maxMs: 300, jitter: 0.5 },
  };
}

/** Next to nothing of everything. */
function drawTightLimits(
  random: RandomStream,
  graces: Partial<VentilatorLimits>,
): Pick<Configuration, "ventilatorLimits" | "workerLimits" | "sinkLimits"> {
  const few = (): number => random.between(1, 4);
  return {
    ventilatorLimits: {
      ...graces,
      unsettledTasksMax: few() * 4,
      tasksPerMessageMax: few(),
      bytesPerMessageTarget: few(),
      producerWindowTasks: few(),
      producerWindowBytes: few() * 8,
    },
    workerLimits: {
      windowTasksMax: few(),
      windowBytesMax: few() * 2,
      uncommittedTasksMax: few(),
      uncommittedBytesMax: few() * 4,
    },
    sinkLimits: {
      waitingResultsMax: few(),
      waitingBytesMax: few(),
      windowResultsMax: few(),
      windowBytesMax: few(),
    },
  };
}
