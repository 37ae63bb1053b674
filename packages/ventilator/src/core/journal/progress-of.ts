/** What is written of a batch that is not settled yet: everything that another attempt must not forget. */
import { type TaskBatch, type TaskTrouble, taskState } from "../task-batch.ts";
import { type BatchProgress, type JournaledTrouble, tasksPerPart } from "./journal-port.ts";

/** `parts`: those whose troubles have changed. */
export function progressOf(batch: TaskBatch, parts: readonly number[]): BatchProgress {
  const settled: number[] = [];
  let from = -1;
  for (let index = 0; index <= batch.count; index++) {
    if (batch.state[index] === taskState.settled) {
      if (from < 0) from = index;
    } else if (from >= 0) {
      settled.push(from, index);
      from = -1;
    }
  }
  const troubles: JournaledTrouble[] = [];
  for (const part of parts) {
    for (let index = part * tasksPerPart; index < (part + 1) * tasksPerPart; index++) {
      const trouble = batch.trouble(index);
      if (trouble === undefined || batch.state[index] === taskState.settled) continue;
      troubles.push(troubleOf(batch, index, trouble));
    }
  }
  return { number: batch.journalNumber, sink: batch.sink, settled, parts, troubles };
}

function troubleOf(batch: TaskBatch, index: number, trouble: TaskTrouble): JournaledTrouble {
  const isSettling = batch.state[index] === taskState.settling;
  const { proposed } = trouble;
  return {
    index,
    attempt: batch.attempt[index] ?? 0,
    failures: trouble.failures,
    crashes: [...trouble.crashes],
    suspicion: trouble.suspicion,
    dueAt: trouble.dueAt,
    isExpired: trouble.isExpired,
    proposed: isSettling && proposed !== "completed" ? proposed : undefined,
    errors: [...trouble.errors],
  };
}
