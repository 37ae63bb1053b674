/**
 * What happens to every task on its way. Reported by batch, as runs of neighbouring tasks to which the same happened, and
 * only while somebody wants to hear of it: a subscriber unfolds a run into one event per task.
 */
import type { OutcomeStatus, RemoteError } from "../contract/index.ts";
import type { Origin } from "../wire/index.ts";
import type { TaskReference } from "./ventilator-event.ts";

/** A task is on its way. */
export type TaskEvent =
  /** The ventilator owns it from now on. `attempt` is 0. */
  | ({ readonly type: "task.accepted" } & TaskReference)
  /** Handed out to a worker. */
  | ({ readonly type: "task.leased"; readonly worker: string } & TaskReference)
  /** Settled: the ventilator has forgotten it. `attempt` is the last one, 0 if there was none. */
  | ({ readonly type: "task.completed" } & TaskReference)
  | ({
      readonly type: "task.failed" | "task.dead";
      /** Absent where another node knows it: the sink's outcome stood. */
      readonly error?: RemoteError;
    } & TaskReference)
  | ({ readonly type: "task.cancelled" | "task.expired" } & TaskReference)
  /** A sink has made this its final outcome. `worker`: absent where a ventilator had proposed it. */
  | ({
      readonly type: "task.committed";
      readonly outcome: OutcomeStatus;
      readonly worker?: string;
    } & TaskReference);

export type TaskEventType = TaskEvent["type"];

/** Neighbouring tasks of one origin: first seq and how many. */
export type TaskRun = readonly [origin: Origin, first: number, count: number];

/** Each of these tasks has made the same step. */
export interface TaskRunEvent {
  readonly type: TaskEventType;
  readonly task: string;
  readonly run: TaskRun;
  readonly attempt: number;
  /** Only for a run of one, where the submitter gave its own. */
  readonly traceId?: string;
  readonly worker?: string;
  readonly outcome?: OutcomeStatus;
  readonly error?: RemoteError;
}

export const taskEventTypes: readonly TaskEventType[] = [
  "task.accepted",
  "task.leased",
  "task.completed",
  "task.failed",
  "task.cancelled",
  "task.expired",
  "task.dead",
  "task.committed",
];
