/** What a ventilator counts of itself, as its process shows it. Counted when asked: nothing here is kept up per task. */
import type { DeadLetterStats } from "./dead-letters/dead-letters.ts";
import type { DefinitionQueues } from "./definition-queues.ts";
import type { KeyStats } from "./idempotency/key-table.ts";
import type { JournalStats } from "./journal/journaling.ts";
import type { PauseRule } from "./pause-rules.ts";
import type { PushStats } from "./push-lane.ts";
import type { UnroutableTasks } from "./unroutable-watch.ts";
import type { Workers } from "./workers.ts";

/** Numbers of a ventilator: its peers, its tasks by state now, and what has gone wrong since its start. */
export interface VentilatorStats {
  /** Open sessions of each kind of peer. */
  readonly workers: number;
  readonly producers: number;
  readonly sinks: number;
  /** Tasks with no final state yet (pushed ones: not sent yet), and the bytes of their payloads. */
  readonly unsettled: number;
  readonly unsettledBytes: number;
  /** Of these, tasks that could start, and tasks that workers hold. */
  readonly ready: number;
  readonly leased: number;
  /** Waiting for a sink to be there, or for a worker that has room for its results. */
  readonly withoutSink: number;
  /** Waiting with no worker for them. */
  readonly unroutable: readonly UnroutableTasks[];
  /** What is paused, as commands in their order: of those that match a worker and a task the last one counts. */
  readonly pauses: readonly PauseRule[];
  /** Waiting because all workers for them are paused. */
  readonly paused: readonly UnroutableTasks[];
  /** Suspected of having killed a worker; run alone. */
  readonly suspects: number;
  /** Tasks that were moved away from a sink that did not come back: they may have been committed there, too. */
  readonly movedInDoubt: number;
  /** Tasks that are delivered at most once. */
  readonly push: PushStats;
  /** How its journal stands; absent without one. */
  readonly journal?: JournalStats | undefined;
  /** Tasks that failed for good and were not retried or discarded. */
  readonly deadLetters: DeadLetterStats;
  /** Idempotency keys that are answered. */
  readonly idempotencyKeys: KeyStats;
  /** Messages of peers that broke the protocol. */
  readonly violations: number;
  /** Messages that named a session nobody has here: after a cut or a restart. */
  readonly resyncs: number;
  /** Leases by the workers' names. */
  readonly leasesByWorker: Readonly<Record<string, number>>;
}

/** Where tasks wait, and at whom they are. */
export function countTasks(
  queues: DefinitionQueues,
  workers: Workers,
): Pick<VentilatorStats, "ready" | "suspects" | "leased" | "leasesByWorker"> {
  let ready = 0;
  let suspects = 0;
  for (const queue of queues) {
    ready += queue.ready;
    suspects += queue.suspects.length;
  }
  const leasesByWorker: Record<string, number> = {};
  let leased = 0;
  for (const worker of workers) {
    leasesByWorker[worker.name] = (leasesByWorker[worker.name] ?? 0) + worker.leases;
    leased += worker.leases;
  }
  return { ready, suspects, leased, leasesByWorker };
}
