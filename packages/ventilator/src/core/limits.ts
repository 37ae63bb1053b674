/** What the ventilator bounds, and why so. */

export interface VentilatorLimits {
  /** Unsettled tasks it holds; beyond it, producers get no more credit. */
  readonly unsettledTasksMax: number;
  /** Bytes of their payloads. */
  readonly unsettledBytesMax: number;
  /** Tasks one TASKS message carries. More buys nothing (batches of 256 and of 1024 cost the same per task) and makes shares coarser. */
  readonly tasksPerMessageMax: number;
  /** Bytes at which a TASKS message is closed; one payload may exceed it. */
  readonly bytesPerMessageTarget: number;
  /** Tasks one PUSH carries. Readers take messages in turn, so that larger ones make shares coarser. */
  readonly pushTasksPerMessageMax: number;
  /** Accepted tasks of one origin that wait to be pushed; beyond it the next are accepted when some have left. Raised: memory. */
  readonly pushAheadTasksMax: number;
  /** What one remote producer may have on its way, tasks and bytes. */
  readonly producerWindowTasks: number;
  readonly producerWindowBytes: number;
  /** A producer that is silent for longer is not expected back: its answered tasks are cancelled. */
  readonly producerGraceMs: number;
  /** A sink that is away for longer gives its share to others, if there are any. */
  readonly sinkGraceMs: number;
  /** Tasks wait this long for a worker before it is said. */
  readonly unroutableAfterMs: number;
  /** Tasks kept that failed for good. Raised: memory, and what a journal holds. */
  readonly deadLettersMax: number;
  /** Of their inputs and errors, roughly; the latest one is kept, however large. */
  readonly deadLetterBytesMax: number;
  /** Idempotency keys kept of settled tasks; beyond it those are forgotten whose tasks ended first. Raised: memory, and what a journal holds. */
  readonly idempotencyKeysMax: number;
}

export const defaultVentilatorLimits: VentilatorLimits = {
  unsettledTasksMax: 1_000_000,
  unsettledBytesMax: 512 * 1024 * 1024,
  tasksPerMessageMax: 1_024,
  bytesPerMessageTarget: 1024 * 1024,
  pushTasksPerMessageMax: 256,
  pushAheadTasksMax: 8_192,
  producerWindowTasks: 16_384,
  producerWindowBytes: 32 * 1024 * 1024,
  producerGraceMs: 30_000,
  sinkGraceMs: 30_000,
  unroutableAfterMs: 1_000,
  deadLettersMax: 10_000,
  deadLetterBytesMax: 64 * 1024 * 1024,
  idempotencyKeysMax: 1_000_000,
};
