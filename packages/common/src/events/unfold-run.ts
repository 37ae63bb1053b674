/** One event for each task of a run. */
import { formatTaskId, traceIdOf } from "../contract/index.ts";
import type { EventEntry, TqEvent } from "./event.ts";
import { type EventBatch, eventCount } from "./event-codec.ts";

/** The event at `offset` of an entry of a batch; 0 unless it is a run. */
export function eventAt(batch: EventBatch, entry: EventEntry, offset: number): TqEvent {
  const { at, source } = batch;
  if (!("run" in entry)) return { ...entry, at, source };
  const { run, traceId, type, task, ...fields } = entry;
  const [origin, first] = run;
  const seq = first + offset;
  const reference = {
    task,
    taskId: formatTaskId(origin, seq),
    traceId: traceId ?? traceIdOf(origin, seq),
  };
  // Which fields go with which type is the source's side to keep: `TaskRunEvent` has them all.
  return { type, ...reference, ...fields, at, source } as TqEvent;
}

export const eventsIn = (entries: readonly EventEntry[]): number =>
  entries.reduce((count, entry) => count + eventCount(entry), 0);
