/**
 * A producer that was with an earlier start of this ventilator, or is under another boot id by now, asks what has become
 * of the tasks that it knows to be accepted: those that are here are its own from now on, the others are told apart.
 */
import { forEachRun, IdRunsBuilder } from "@tq/common/protocol";
import type { IdRuns } from "@tq/common/wire";
import type { Owner } from "./owner.ts";
import { type TaskBatch, taskState } from "./task-batch.ts";
import type { TaskTable } from "./task-table.ts";

export interface Reclaimed {
  /** Over, it is not known any more how. */
  readonly ended: IdRuns;
  readonly unknown: IdRuns;
}

/** Whoever names a task as its own is told from now on what becomes of the batch that it is in. */
export const attachTo = (owner: Owner, batch: TaskBatch): void => {
  if (batch.owner === owner) return;
  batch.owner.unsettled -= batch.unsettled;
  owner.unsettled += batch.unsettled;
  owner.origins.add(batch.origin);
  batch.owner = owner;
};

export const reclaim = (owner: Owner, table: TaskTable, ids: IdRuns): Reclaimed => {
  const ended = new IdRunsBuilder();
  const unknown = new IdRunsBuilder();
  forEachRun(ids, ({ origin, first, count }) => {
    // Also for an origin that is at rest: whoever says goodbye for it must be known.
    owner.origins.add(origin);
    for (let seq = first; seq < first + count; seq++) {
      const batch = table.find(origin, seq);
      if (batch !== undefined && batch.state[seq - batch.first] !== taskState.settled) attachTo(owner, batch);
      else (table.wasAccepted(origin, seq) ? ended : unknown).add(origin, seq);
    }
  });
  return { ended: ended.take(), unknown: unknown.take() };
};
