/** Everything that a reader of events can meet, as one union over `type`. */
import type { SinkEvent } from "./sink-event.ts";
import type { SourceState } from "./snapshot.ts";
import type { TaskEvent, TaskRunEvent } from "./task-event.ts";
import type { VentilatorEvent } from "./ventilator-event.ts";

/** One start of one process. */
export interface EventSource {
  readonly role: "ventilator" | "sink";
  /** How it is shown to people. */
  readonly name: string;
  /** Drawn at its start: 16 hex digits. */
  readonly bootId: string;
}

/** What every event has. */
export interface EventOrigin {
  /** Wall-clock time of the source, in ms since 1970. */
  readonly at: number;
  readonly source: EventSource;
}

/** How the source stands. The first from each source, and again after contact was lost. */
export interface SnapshotEvent {
  readonly type: "snapshot";
  readonly state: SourceState;
}

/** So many events of a topic did not arrive here: this reader, or the way to it, was slower than the source. */
export interface MissedEvent {
  readonly type: "events.missed";
  readonly topic: string;
  readonly count: number;
}

/** The source has closed, or nothing is heard of it. Told by the reader's own side. */
export interface SourceGoneEvent {
  readonly type: "source.gone";
  readonly reason: "closed" | "silent";
}

type AnyEvent = VentilatorEvent | SinkEvent | TaskEvent | SnapshotEvent | MissedEvent | SourceGoneEvent;
type WithOrigin<Event> = Event extends AnyEvent ? Event & EventOrigin : never;

/** An event as a reader gets it. */
export type TqEvent = WithOrigin<AnyEvent>;
/** The `type` of an event; a topic is a prefix of it. */
export type TqEventType = TqEvent["type"];
/** The event, or events, of a type: `TqEventOf<"task.retrying">`. */
export type TqEventOf<Type extends TqEventType> = Extract<TqEvent, { readonly type: Type }>;

/** One event, or a run of tasks, as a source reports it and as it travels. */
export type EventEntry = VentilatorEvent | SinkEvent | TaskRunEvent;
