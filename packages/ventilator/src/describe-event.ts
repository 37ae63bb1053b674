/** Which of the ventilator's events are worth which level of its log, and what they mean in words. */
import type { EventWords } from "@tq/common/node";
import type { VentilatorEvent } from "./core/events.ts";

const levels: Readonly<Record<VentilatorEvent["type"], EventWords["level"]>> = {
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
  "tasks.in-doubt": "warn",
  "peer.refused": "warn",
  "peer.violation": "warn",
  "tasks.unroutable": "warn",
  "tasks.paused": "info",
  "control.given": "info",
  "tasks.routable": "info",
  "push.missing": "warn",
  "push.in-doubt": "warn",
  "push.held": "warn",
  "journal.failed": "error",
  "journal.full": "error",
  "journal.writable": "info",
  "dead-letters.dropped": "warn",
  "leases.lost": "warn",
  "task.retrying": "warn",
  "task.crashed": "error",
  "task.settling": "warn",
};

/** An end that somebody asked for is no news; one that nobody wanted is. */
export function levelOf(event: VentilatorEvent): EventWords["level"] {
  const isWanted =
    event.type === "task.settling" && (event.outcome === "cancelled" || event.outcome === "expired");
  return isWanted ? "debug" : levels[event.type];
}

/** For people: what the event means. */
export function describeEvent(event: VentilatorEvent): string {
  switch (event.type) {
    case "worker.joined":
      return `worker ${event.worker} is here: ${event.slots} slots for ${event.tasks.join(", ")}`;
    case "worker.left":
      return `worker ${event.worker} has left; ${event.returned} leases came back`;
    case "worker.gone":
      return `worker ${event.worker} is gone; ${event.leases} leases taken back, ${event.suspects} of them are run apart from others`;
    case "worker.blocked":
      return `worker ${event.worker} has not turned its event loop for ${Math.round(event.stuckMs)} ms; its leases stay`;
    case "worker.unblocked":
      return `worker ${event.worker} turns its event loop again`;
    case "journal.full":
      return "there is no room left for the journal: nothing is accepted until there is; what was accepted goes on";
    case "journal.writable":
      return "there is room for the journal again: tasks are accepted";
    case "journal.failed":
      return `the journal cannot be relied on any more, so this ventilator stops; start it again: ${event.message}`;
    case "leases.lost":
      return `worker ${event.worker} does not hold ${event.leases} of its leases; they are handed out again`;
    case "push.missing":
      return `${event.missing} pushed tasks of ${event.task} never came to their sink, of those up to ${event.origin}-${event.through}`;
    case "push.in-doubt":
      return `${event.tasks} pushed tasks of ${event.task} are in doubt: their sink was started anew and has forgotten what came`;
    case "push.held":
      return `${event.tasks} pushed tasks of ${event.task} wait: ${whoHolds(event.endpoint)} was started without a push endpoint; start it again with one`;
    default:
      return describeOther(event);
  }
}

type NamedEventType =
  | "worker.joined"
  | "worker.left"
  | "worker.gone"
  | "worker.blocked"
  | "worker.unblocked"
  | "journal.full"
  | "journal.writable"
  | "journal.failed"
  | "leases.lost"
  | "push.missing"
  | "push.in-doubt"
  | "push.held";

const whoHolds = (endpoint: string | undefined): string =>
  endpoint === undefined ? "each of the sinks" : `their sink at ${endpoint}`;

function describeOther(event: Exclude<VentilatorEvent, { type: NamedEventType }>): string {
  switch (event.type) {
    case "producer.joined":
      return `producer ${event.producer} is here`;
    case "producer.left":
      return `producer ${event.producer} has left`;
    case "producer.gone":
      return `producer ${event.producer} did not come back; ${event.cancelled} of its answered tasks are given up`;
    case "sink.joined":
      return `sink ${event.sink} is here, at ${event.endpoint}`;
    case "sink.lost":
      return `the session with the sink at ${event.endpoint} is over; tasks for it wait`;
    case "sink.unreachable":
      return `no sink answers at ${event.endpoint}; tasks for it wait`;
    case "sink.refused":
      return `${event.endpoint} refuses this ventilator: ${event.message}`;
    case "sink.moved":
      return `the sink at ${event.endpoint} stayed away; ${event.tasks} tasks move to others, ${event.inDoubt} of them in doubt`;
    case "tasks.in-doubt":
      return `${event.tasks} tasks may be committed twice, at two sinks: the one that they were for before may have them`;
    case "peer.refused":
      return event.message;
    case "peer.violation":
      return `${event.channel} broke the protocol (${event.count} so far): ${event.reason}`;
    case "tasks.unroutable":
      return `${event.waiting} tasks of ${event.task} wait: no worker runs it${presentWords(event.present)}`;
    case "tasks.paused":
      return `${event.waiting} tasks of ${event.task} wait: they are paused at all of its ${event.workers} workers`;
    case "control.given":
      return controlWords(event);
    case "dead-letters.dropped":
      return `no room for more dead letters: ${event.dropped} of the oldest are gone, ${event.kept} are kept`;
    case "tasks.routable":
      return `tasks of ${event.task} have a worker again`;
    case "task.retrying":
      return `an attempt of ${event.task} failed; the next one in ${event.afterMs} ms`;
    case "task.crashed":
      return `worker ${event.worker} died while running one task of ${event.task} alone`;
    case "task.settling":
      return `a task of ${event.task} ends as ${event.outcome}`;
  }
}

function controlWords(event: Extract<VentilatorEvent, { type: "control.given" }>): string {
  const what = event.task === undefined ? event.command : `${event.command} ${event.task}`;
  const tags = event.tags.length === 0 ? "" : ` that have ${event.tags.join(", ")}`;
  return `${what}: said to the ${event.workers} workers that are there${tags}`;
}

function presentWords(present: readonly string[]): string {
  return present.length === 0
    ? "; no worker is there at all"
    : `; those that are there run ${present.join(", ")}`;
}
