/** Which of the sink's events are worth which level of its log, and what they mean in words. */
import type { SinkEvent } from "@tq/common/events";
import { type EventWords, type TqLogger, writeEvent } from "@tq/common/node";

export type { SinkEvent };

const levels: Readonly<Record<SinkEvent["type"], EventWords["level"]>> = {
  "worker.joined": "info",
  "worker.left": "info",
  "ventilator.joined": "info",
  "ventilator.left": "info",
  "peer.refused": "warn",
  "peer.violation": "warn",
  "sink.unread": "warn",
  "push.missing": "warn",
  "push.late": "warn",
  "results.expired": "warn",
  "results.left": "warn",
  "store.failed": "error",
  "store.full": "error",
  "store.writable": "info",
  "output.lost": "warn",
};

/** For people: what the event means, in words. The fields are beside it. */
export function logEvent(log: TqLogger, event: SinkEvent): void {
  writeEvent(log, event, { level: levels[event.type], message: describe(event) });
}

function describe(event: SinkEvent): string {
  switch (event.type) {
    case "worker.joined":
      return `worker ${event.worker} is here`;
    case "ventilator.joined":
      return `ventilator ${event.ventilator} is here`;
    case "worker.left":
      return `worker ${event.worker} has left: ${event.reason}`;
    case "ventilator.left":
      return `ventilator ${event.ventilator} has left: ${event.reason}`;
    case "peer.refused":
      return `refused the ${event.role} ${event.peer}: ${event.message}`;
    case "peer.violation":
      return `${event.peer ?? "somebody"} broke the protocol: ${event.reason}`;
    case "sink.unread":
      return `${event.waiting} results of ${event.task} wait, and nothing reads them: start a loop over sink.results()`;
    case "push.missing":
      return `${event.change} pushed tasks${ofTask(event.task)} have no outcome here and will not get one`;
    case "push.late":
      return `${event.count} outcomes${ofTask(event.task)} came that were given up`;
    case "results.left":
      return `closing while ${event.count} results are not committed; their workers keep them`;
    case "results.expired":
      return `${event.count} results${ofTask(event.task)} have expired that the consumer ${event.consumer} had not read`;
    case "store.failed":
      return `the store failed, so this sink closes: ${event.message}`;
    case "store.full":
      return `the store's disk is full: ${event.waiting} results wait, nothing is committed; trying again every second`;
    case "store.writable":
      return `the store has room again after ${Math.ceil(event.fullMs / 1000)} s`;
    case "output.lost":
      return `${event.message}; it is handed over as failed`;
  }
}

const ofTask = (task: string): string => (task === "" ? "" : ` of ${task}`);
