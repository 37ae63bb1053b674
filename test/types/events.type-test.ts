// What the compiler makes of events: one union, narrowed by its type.
import {
  type SinkState,
  subscribeEvents,
  type TqEvent,
  type TqEventOf,
  type VentilatorState,
} from "@tq/events";
import type { Ventilator } from "@tq/ventilator";
import type { Equal, Expect } from "./expect-type.ts";

declare const ventilator: Ventilator;

export async function loops() {
  for await (const event of subscribeEvents({ from: ["tcp://127.0.0.1:1"], topics: ["task."] })) told(event);
  for await (const event of ventilator.events({ topics: ["worker."] })) told(event);
}

/** Every field is there as soon as the type is known, and not before. */
export function told(event: TqEvent): unknown {
  const { at, source } = event;
  // @ts-expect-error: few events have a task
  event.taskId;
  switch (event.type) {
    case "task.retrying":
      return [event.taskId, event.attempt, event.afterMs, event.error.message];
    case "task.committed":
      return [event.taskId, event.outcome];
    case "worker.gone":
      return [event.worker, event.suspects];
    case "events.missed":
      return [event.topic, event.count];
    case "source.gone":
      return event.reason;
    case "snapshot":
      return event.state.role === "sink" ? event.state.peers : event.state.workers;
    // @ts-expect-error: there is no such event
    case "worker.wroker":
      return 0;
    default:
      return [at, source.name];
  }
}

export type _Tests = [
  Expect<Equal<TqEventOf<"snapshot">["state"], SinkState | VentilatorState>>,
  Expect<Equal<TqEventOf<"events.missed">["count"], number>>,
  Expect<Equal<TqEvent["source"]["role"], "ventilator" | "sink">>,
];
