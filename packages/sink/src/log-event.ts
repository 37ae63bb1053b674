/** Which of the sink's events are worth which level of its log, and what they mean in words. */
import type { TqErrorCode } from "@tq/common";
import { type EventWords, type TqLogger, writeEvent } from "@tq/common/node";
import type { SinkEvent as CoreEvent } from "./core/events.ts";

export type SinkEvent =
  | CoreEvent
  /** An output has no value at this side: told the first time, then at each power of two. */
  | {
      readonly type: "output.lost";
      readonly taskId: string;
      readonly traceId: string;
      readonly task: string;
      readonly code: TqErrorCode;
      readonly message: string;
      /** Lost outputs so far. */
      readonly count: number;
    };

const levels: Readonly<Record<SinkEvent["type"], EventWords["level"]>> = {
  "worker.joined": "info",
  "worker.left": "info",
  "ventilator.joined": "info",
  "ventilator.left": "info",
  "peer.refused": "warn",
  "peer.violation": "warn",
  "sink.unread": "warn",
  "results.left": "warn",
  "output.lost": "warn",
};

/** For people: what the event means, in words. The fields are beside it. */
export function logEvent(log: TqLogger, event: SinkEvent): void {
  writeEvent(log, event, { level: levels[event.type], message: describe(event) });
}

function describe(event: SinkEvent): string {
  switch (event.type) {
    case "worker.joined":
      return `worker ${event.name} is here`;
    case "ventilator.joined":
      return `ventilator ${event.name} is here`;
    case "worker.left":
      return `worker ${event.name} has left: ${event.reason}`;
    case "ventilator.left":
      return `ventilator ${event.name} has left: ${event.reason}`;
    case "peer.refused":
      return `refused the ${event.role} ${event.name}: ${event.message}`;
    case "peer.violation":
      return `${event.name ?? "somebody"} broke the protocol: ${event.reason}`;
    case "sink.unread":
      return `${event.waiting} results of ${event.task} wait, and nothing reads them: start a loop over sink.results()`;
    case "results.left":
      return `closing while ${event.count} results are not committed; their workers keep them`;
    case "output.lost":
      return `${event.message}; it is handed over as failed`;
  }
}
