/** Which of the ventilator's events are worth which level of its log. */
import type { TqLogger } from "@tq/common/node";
import type { VentilatorEvent } from "./core/events.ts";

type Level = "debug" | "info" | "warn" | "error";

const levels: Readonly<Record<VentilatorEvent["type"], Level>> = {
  "worker.joined": "info",
  "worker.left": "info",
  "worker.gone": "warn",
  "worker.blocked": "warn",
  "worker.unblocked": "info",
  "producer.joined": "info",
  "producer.left": "info",
  "producer.gone": "warn",
  "sink.joined": "info",
  "sink.lost": "warn",
  "sink.unreachable": "warn",
  "sink.refused": "error",
  "sink.moved": "warn",
  "peer.refused": "warn",
  "peer.violation": "warn",
  "tasks.unroutable": "warn",
  "tasks.routable": "info",
  "leases.lost": "warn",
  "task.retrying": "warn",
  "task.crashed": "error",
  "task.settling": "warn",
};

/** For people: what the event means, in words. The fields are beside it. */
export function logEvent(log: TqLogger, event: VentilatorEvent): void {
  const { type, ...fields } = event;
  log[levels[type]]({ event: type, ...fields }, describe(event));
}

function describe(event: VentilatorEvent): string {
  switch (event.type) {
    case "worker.gone":
      return `worker ${event.worker} is gone; ${event.leases} leases taken back, ${event.suspects} run alone`;
    case "worker.blocked":
      return `worker ${event.worker} has not turned its event loop for ${Math.round(event.stuckMs)} ms; its leases stay`;
    case "sink.unreachable":
      return `no sink answers at ${event.endpoint}; tasks for it wait`;
    case "tasks.unroutable":
      return `${event.waiting} tasks of ${event.task} wait: no worker runs it${presentWords(event.present)}`;
    case "task.retrying":
      return `an attempt of ${event.task} failed; next one in ${event.afterMs} ms`;
    case "task.settling":
      return `a task of ${event.task} ends as ${event.outcome}`;
    case "task.crashed":
      return `worker ${event.worker} died while running one task of ${event.task} alone`;
    case "peer.violation":
      return `${event.channel}: ${event.reason}`;
    default:
      return event.type;
  }
}

function presentWords(present: readonly string[]): string {
  return present.length === 0
    ? "; no worker is there at all"
    : `; those that are there run ${present.join(", ")}`;
}
