/** All types of events, so that a prefix which chooses none can be told from one that waits. */
import { TqError } from "../contract/index.ts";
import type { TqEventType } from "./event.ts";
import { eventLimits } from "./limits.ts";

/** Those that are always told to a reader have no topic: they cannot be chosen. */
const alwaysTold = ["snapshot", "events.missed", "source.gone"] as const satisfies readonly TqEventType[];

/** Whether only a reader's own side makes such an event: a source that publishes one is no source. */
export const isAlwaysTold = (type: string): boolean => alwaysTold.some((told) => told === type);

const types: Readonly<Record<Exclude<TqEventType, (typeof alwaysTold)[number]>, true>> = {
  "control.given": true,
  "dead-letters.dropped": true,
  "journal.failed": true,
  "journal.full": true,
  "journal.writable": true,
  "leases.lost": true,
  "output.lost": true,
  "peer.refused": true,
  "peer.violation": true,
  "producer.gone": true,
  "producer.joined": true,
  "producer.left": true,
  "push.held": true,
  "push.in-doubt": true,
  "push.late": true,
  "push.missing": true,
  "results.expired": true,
  "results.left": true,
  "sink.joined": true,
  "sink.lost": true,
  "sink.moved": true,
  "tasks.in-doubt": true,
  "sink.refused": true,
  "sink.unreachable": true,
  "sink.unread": true,
  "store.failed": true,
  "store.full": true,
  "store.writable": true,
  "task.accepted": true,
  "task.cancelled": true,
  "task.committed": true,
  "task.completed": true,
  "task.crashed": true,
  "task.dead": true,
  "task.expired": true,
  "task.failed": true,
  "task.leased": true,
  "task.retrying": true,
  "task.settling": true,
  "tasks.paused": true,
  "tasks.routable": true,
  "tasks.unroutable": true,
  "ventilator.joined": true,
  "ventilator.left": true,
  "worker.blocked": true,
  "worker.gone": true,
  "worker.joined": true,
  "worker.left": true,
  "worker.unblocked": true,
};

export const eventTypes: readonly string[] = Object.keys(types);

/**
 * The prefixes of types that a reader asks for; all types where it asks for none.
 *
 * Errors: `TQ_ERR_INVALID_OPTION` for what is no list of prefixes, and for one that no type begins with.
 */
export function checkTopics(topics: unknown): readonly string[] {
  if (topics === undefined) return [""];
  if (!Array.isArray(topics) || topics.length === 0 || topics.length > eventLimits.readerTopicsMax) {
    throw invalid(`topics is a list of 1 to ${eventLimits.readerTopicsMax} prefixes such as "worker."`);
  }
  for (const topic of topics as unknown[]) {
    if (typeof topic !== "string")
      throw invalid(`topics holds prefixes such as "worker."; got ${typeof topic}`);
    if (eventTypes.some((type) => type.startsWith(topic))) continue;
    const families = [...new Set(eventTypes.map((type) => type.replace(/\..*/, ".")))].join(", ");
    throw invalid(`no event begins with ${JSON.stringify(topic.slice(0, 64))}; there are ${families}`);
  }
  return topics as string[];
}

const invalid = (message: string): TqError =>
  new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "topics" } });
