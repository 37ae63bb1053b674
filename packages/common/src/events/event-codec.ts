/**
 * Messages of events as frames: the topic, then one MessagePack map.
 *
 * - `event/<type>`: { version, source, at, first, events }: `first` is the sequence number of the first event of this topic,
 *   `events` are maps without `type`; one with `run` [origin, first seq, count] stands for that many.
 * - `snapshot/<token>`: { version, source, at, next, state }: `next` maps each topic's type to the number of its next event.
 * - `beat`: { version, source, at, next }, with `bye: true` from a source that closes.
 *
 * A publisher is not trusted by its subscribers: whatever the frames are, decoding gives a message or nothing.
 */
import { decodeValue, encodeValue } from "../wire/index.ts";
import type { EventEntry, EventSource } from "./event.ts";
import { isAlwaysTold } from "./event-types.ts";
import { eventLimits } from "./limits.ts";
import type { SourceState } from "./snapshot.ts";
import { beatTopic, eventTopic, parseTopic, snapshotTopic } from "./topics.ts";

/** By type, the number that its next event will have; from 1. */
export type NextNumbers = Readonly<Record<string, number>>;

interface FromSource {
  readonly source: EventSource;
  readonly at: number;
}

export interface EventBatch extends FromSource {
  readonly kind: "events";
  readonly type: string;
  readonly first: number;
  readonly entries: readonly EventEntry[];
}

export interface SnapshotMessage extends FromSource {
  readonly kind: "snapshot";
  readonly token: string;
  readonly next: NextNumbers;
  readonly state: SourceState;
}

export interface Beat extends FromSource {
  readonly kind: "beat";
  readonly next: NextNumbers;
  /** The source closes: its last word. */
  readonly isLast: boolean;
}

export type EventMessage = EventBatch | SnapshotMessage | Beat;

type Fields = Readonly<Record<string, unknown>>;

export function encodeEventMessage(message: EventMessage): Uint8Array[] {
  const { source, at } = message;
  const head = { version: eventLimits.version, source, at };
  switch (message.kind) {
    case "events": {
      const events = message.entries.map(({ type: _type, ...fields }) => present(fields));
      return frames(eventTopic(message.type), { ...head, first: message.first, events });
    }
    case "snapshot":
      return frames(snapshotTopic(message.token), {
        ...head,
        next: message.next,
        state: present(message.state),
      });
    case "beat":
      return frames(beatTopic, { ...head, next: message.next, ...(message.isLast ? { bye: true } : {}) });
  }
}

export function decodeEventMessage([topicFrame, body, ...more]: readonly Uint8Array[]):
  | EventMessage
  | undefined {
  if (topicFrame === undefined || body === undefined || more.length > 0) return undefined;
  if (topicFrame.length > eventLimits.topicCharsMax) return undefined;
  const topic = parseTopic(Buffer.from(topicFrame).toString("latin1"));
  if (topic === undefined) return undefined;
  const fields = decodeFields(body);
  const source = asSource(fields?.source);
  const { at, version } = fields ?? {};
  if (fields === undefined || source === undefined || version !== eventLimits.version) return undefined;
  if (typeof at !== "number") return undefined;
  if (topic.kind === "event") return asBatch(topic.type, { source, at }, fields);
  const next = asNext(fields.next);
  if (next === undefined) return undefined;
  if (topic.kind === "beat") return { kind: "beat", source, at, next, isLast: fields.bye === true };
  const { state } = fields;
  if (!isRecord(state)) return undefined;
  // What it holds is the source's word; its form may be that of a later version.
  return { kind: "snapshot", source, at, next, token: topic.token, state: state as unknown as SourceState };
}

/** For how many events an entry stands. */
export const eventCount = (entry: EventEntry): number => ("run" in entry ? entry.run[2] : 1);

const frames = (topic: string, body: unknown): Uint8Array[] => [
  Buffer.from(topic, "latin1"),
  encodeValue(body),
];

/** `undefined` has no form that every reader of MessagePack knows: such a field is left out. */
function present(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(present);
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, present(field)]));
}

function decodeFields(body: Uint8Array): Fields | undefined {
  try {
    const value = decodeValue(body);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function asBatch(type: string, head: FromSource, { first, events }: Fields): EventBatch | undefined {
  if (isAlwaysTold(type) || !isNumber(first) || !Array.isArray(events)) return undefined;
  const entries: EventEntry[] = [];
  for (const event of events as unknown[]) {
    if (!isRecord(event) || ("run" in event && !isRun(event.run))) return undefined;
    // As with a snapshot: an event of a later version may have more fields, or be of a type not known here.
    entries.push(Object.assign({ type }, event, { type }) as unknown as EventEntry);
  }
  return { kind: "events", ...head, type, first, entries };
}

function isRun(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [origin, first, count] = value as unknown[];
  const isCount = isNumber(count) && count <= eventLimits.runTasksMax;
  return typeof origin === "string" && /^[0-9a-f]{16}$/.test(origin) && isNumber(first) && isCount;
}

function asSource(value: unknown): EventSource | undefined {
  if (!isRecord(value)) return undefined;
  const { role, name, bootId } = value;
  if (role !== "ventilator" && role !== "sink") return undefined;
  if (typeof name !== "string" || name.length > eventLimits.nameCharsMax) return undefined;
  return typeof bootId === "string" && /^[0-9a-f]{16}$/.test(bootId) ? { role, name, bootId } : undefined;
}

function asNext(value: unknown): NextNumbers | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value);
  const isSound = entries.length <= eventLimits.topicsMax && entries.every(([, next]) => isNumber(next));
  return isSound ? (value as NextNumbers) : undefined;
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** A sequence number: whole, from 1, and far from where numbers lose their ones. */
const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
