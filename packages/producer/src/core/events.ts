/** What a producer reports. Its shell logs it, by type; nothing is reported for a task that goes well. */
import { formatTaskId, traceIdOf } from "@tq/common";
import { countIds, forEachRun } from "@tq/common/protocol";
import type { BootId, IdRuns, Origin, SessionId } from "@tq/common/wire";

interface OfVentilator {
  /** Where it was asked for. */
  readonly endpoint: string;
}

/** Tasks named in an event: the first of them one by one, all as ranges. */
export interface TaskMentions {
  readonly count: number;
  readonly tasks: readonly { readonly taskId: string; readonly traceId: string }[];
  readonly ids: readonly { readonly origin: Origin; readonly first: number; readonly last: number }[];
}

/** What a producer notices about its ventilators. Each is a line of its log, too. */
export type ProducerEvent =
  /** A fresh session. `resubmitted`: tasks that are said again, since the ventilator may not have them. */
  | (OfVentilator & {
      readonly type: "ventilator.joined";
      readonly name: string;
      readonly session: SessionId;
      readonly bootId: BootId;
      readonly resubmitted: number;
    })
  /** The same session over a new connection. */
  | (OfVentilator & { readonly type: "ventilator.resumed" })
  /** The session is over; a fresh one is asked for. */
  | (OfVentilator & { readonly type: "ventilator.lost" })
  /** Nobody has answered for a while. Said once per absence; the producer keeps trying. */
  | (OfVentilator & { readonly type: "ventilator.unreachable" })
  /** Final for this endpoint. */
  | (OfVentilator & {
      readonly type: "ventilator.refused";
      readonly code: string;
      readonly message: string;
      /** The right one, where the refusing side knows it. */
      readonly rightEndpoint?: string | undefined;
    })
  /** The ventilator is gone: what it had goes to others, with the same ids. */
  | (OfVentilator & TaskMentions & { readonly type: "tasks.handed-on"; readonly to: readonly string[] })
  /**
   * Another start of the ventilator was asked for what the one before had accepted: it has `kept` of them, `ended` are over,
   * and the others are submitted again. Numbers of tasks.
   */
  | (OfVentilator & {
      readonly type: "tasks.reclaimed";
      readonly name: string;
      readonly kept: number;
      readonly ended: number;
      readonly resubmitted: number;
    })
  /** Tasks that had been accepted were refused when they were submitted again. Nobody has them any more. */
  | (OfVentilator &
      TaskMentions & { readonly type: "tasks.lost"; readonly code: string; readonly message: string })
  /** It said what the protocol does not allow; `count` so far. Reported for the first, then for powers of two. */
  | (OfVentilator & { readonly type: "peer.violated"; readonly reason: string; readonly count: number });

const tasksNamedMax = 20;
const rangesNamedMax = 1_000;

export function mention(ids: IdRuns): TaskMentions {
  const tasks: { taskId: string; traceId: string }[] = [];
  const ranges: { origin: Origin; first: number; last: number }[] = [];
  forEachRun(ids, ({ origin, first, count }) => {
    if (ranges.length < rangesNamedMax) ranges.push({ origin, first, last: first + count - 1 });
    for (let seq = first; seq < first + count && tasks.length < tasksNamedMax; seq++) {
      tasks.push({ taskId: formatTaskId(origin, seq), traceId: traceIdOf(origin, seq) });
    }
  });
  return { count: countIds(ids), tasks, ids: ranges };
}
