/** Which tasks have become final here, as runs: for those who want to hear of every single one. */
import { traceIdOf } from "@tq/common";
import type { TaskRunEvent } from "@tq/common/events";
import { SparseReader } from "@tq/common/protocol";
import { forEachRunOf, type Rows } from "./result-batch.ts";

export function committedSteps(rows: Rows): TaskRunEvent[] {
  const { name: task, outcome, worker, attempts, traceparent } = rows.batch;
  const attemptOf = new SparseReader(attempts);
  const traceparentOf = new SparseReader(traceparent);
  const steps: TaskRunEvent[] = [];
  const add = (attempt: number, run: TaskRunEvent["run"], traceId?: string): void => {
    const who = worker === undefined ? {} : { worker };
    const trace = traceId === undefined ? {} : { traceId };
    steps.push({ type: "task.committed", task, run, attempt, outcome, ...who, ...trace });
  };
  forEachRunOf(rows, ({ origin, first, count, position }) => {
    let from = 0;
    let attempt = 1;
    const end = (to: number): void => {
      if (to > from) add(attempt, [origin, first + from, to - from]);
      from = to;
    };
    for (let offset = 0; offset < count; offset++) {
      const own = traceparentOf.at(position + offset);
      const itsAttempt = attemptOf.at(position + offset) ?? 1;
      if (own === undefined && itsAttempt === attempt) continue;
      end(offset);
      attempt = itsAttempt;
      if (own === undefined) continue;
      add(attempt, [origin, first + offset, 1], traceIdOf(origin, first + offset, own));
      from = offset + 1;
    }
    end(count);
  });
  return steps;
}
