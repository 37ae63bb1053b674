/** Which of the producer's events are worth which level of its log, and what they mean in words. */
import { type EventWords, type TqLogger, writeEvent } from "@tq/common/node";
import type { ProducerEvent } from "./core/events.ts";
import { refusedBy } from "./core/link-errors.ts";

const levels: Readonly<Record<ProducerEvent["type"], EventWords["level"]>> = {
  "ventilator.joined": "info",
  "ventilator.resumed": "info",
  "ventilator.lost": "warn",
  "ventilator.unreachable": "warn",
  "ventilator.refused": "error",
  "tasks.handed-on": "warn",
  "tasks.reclaimed": "info",
  "tasks.lost": "error",
  "peer.violated": "warn",
};

export function logEvent(log: TqLogger, event: ProducerEvent): void {
  writeEvent(log, event, { level: levels[event.type], message: describe(event) });
}

function describe(event: ProducerEvent): string {
  const { endpoint } = event;
  switch (event.type) {
    case "ventilator.joined": {
      const again = event.resubmitted === 0 ? "" : `; ${event.resubmitted} tasks are submitted again`;
      return `ventilator ${event.name} is here, at ${endpoint}${again}`;
    }
    case "ventilator.resumed":
      return `the connection to ${endpoint} is back; nothing was lost`;
    case "ventilator.lost":
      return `the session with the ventilator at ${endpoint} is over; a new one is asked for`;
    case "ventilator.unreachable":
      return `no ventilator answers at ${endpoint}; still trying`;
    case "ventilator.refused":
      return refusedBy(endpoint, { ...event, endpoint: event.rightEndpoint }).message;
    case "tasks.handed-on":
      return `${event.count} tasks of the ventilator at ${endpoint} were handed on to ${event.to.join(", ")}`;
    case "tasks.reclaimed":
      return `the ventilator at ${endpoint} was started anew; of the tasks that it had accepted it has ${event.kept}, ${event.ended} are over, ${event.resubmitted} are submitted again`;
    case "tasks.lost":
      return `${event.count} tasks that had been accepted are lost: ${endpoint} refused them when they were submitted again: ${event.message}`;
    case "peer.violated":
      return `${endpoint} broke the protocol ${event.count} times so far: ${event.reason}`;
  }
}
