/** Small messages of one source, for tests of both ends. */
import type { EventSource, TqEvent } from "./event.ts";
import type { EventBatch, NextNumbers, SnapshotMessage } from "./event-codec.ts";
import type { SinkState } from "./snapshot.ts";
import type { TaskRunEvent } from "./task-event.ts";

export const source: EventSource = { role: "sink", name: "s", bootId: "00000000000000b1" };
export const origin = "00000000000000aa";

const state: SinkState = {
  role: "sink",
  peers: [],
  definitions: [],
  totals: {
    workers: 0,
    ventilators: 0,
    committed: { completed: 0, failed: 0, cancelled: 0, expired: 0, dead: 0 },
    duplicates: 0,
  },
};

export const snapshot = (next: NextNumbers = {}, token = "00000000000000f1"): SnapshotMessage => ({
  kind: "snapshot",
  source,
  at: 1,
  token,
  next,
  state,
});

/** `count` events `worker.joined`, whose sessions are their numbers. */
export const joins = (first: number, count = 1): EventBatch => ({
  kind: "events",
  source,
  at: 2,
  type: "worker.joined",
  first,
  entries: Array.from({ length: count }, (_, index) => ({
    type: "worker.joined",
    session: first + index,
    worker: "w",
  })),
});

/** A batch of runs of tasks, each `[first seq, count]`. */
export const commits = (first: number, ...runs: (readonly [number, number])[]): EventBatch => ({
  kind: "events",
  source,
  at: 3,
  type: "task.committed",
  first,
  entries: runs.map(
    ([seq, count]): TaskRunEvent => ({
      type: "task.committed",
      task: "t",
      run: [origin, seq, count],
      attempt: 1,
      outcome: "completed",
    }),
  ),
});

/** An event in a few characters: `joined 3`, `committed 17`, `missed 4 worker.joined`, `snapshot`, `gone silent`. */
export function brief(event: TqEvent | undefined): string {
  if (event === undefined) return "nothing";
  switch (event.type) {
    case "worker.joined":
      return `joined ${"session" in event ? event.session : "?"}`;
    case "task.committed":
      return `committed ${event.taskId.split("-")[1]}`;
    case "events.missed":
      return `missed ${event.count} ${event.topic}`;
    case "source.gone":
      return `gone ${event.reason}`;
    default:
      return event.type;
  }
}
