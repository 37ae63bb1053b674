/**
 * Where a role's events come together and go out: to loops in this process, and to sockets.
 *
 * What nobody wants is neither numbered nor kept, and the core is told not to report it. Everything of one turn leaves
 * together. A snapshot is taken when all that led to it has left, so that it and what follows fit together.
 */
import { checkKnownOptions, type RemoteError, TqError } from "../contract/index.ts";
import {
  checkTopics,
  type EventBatch,
  type EventEntry,
  EventNumbering,
  type EventSource,
  encodeEventMessage,
  eventCount,
  eventLimits,
  isChosen,
  type SinkEvent,
  type SnapshotMessage,
  type SourceState,
  snapshotTopic,
  type TaskEventType,
  type TaskRunEvent,
  type TqEvent,
  taskEventTypes,
  type VentilatorEvent,
  withoutLists,
} from "../events/index.ts";
import { monotonicNow } from "../node/index.ts";
import type { Frames } from "../transport/index.ts";
import { EventPublisher } from "./event-publisher.ts";
import { EventReader } from "./event-reader.ts";

export interface EventHubOptions {
  readonly source: EventSource;
  /** How the source stands now. What led there has been reported when this returns. */
  readonly state: () => SourceState;
  /** These steps of tasks are wanted, and no others. */
  readonly watch: (types: ReadonlySet<TaskEventType>) => void;
}

/** Which events a loop is given. */
export interface EventsOptions {
  /** Prefixes of types, such as `task.` or `worker.gone`. Default: all. */
  readonly topics?: readonly string[] | undefined;
}

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #numbering = new EventNumbering();
  readonly #readers = new Set<EventReader>();
  readonly #publishers: EventPublisher[] = [];
  /** By type, as far as it was asked since it last changed. */
  readonly #wanted = new Map<string, boolean>();
  #flush: NodeJS.Immediate | undefined;
  #beats: NodeJS.Timeout | undefined;
  #answerLater: NodeJS.Timeout | undefined;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: EventHubOptions) {
    const { source } = options;
    // As subscribers take it.
    const name = source.name.slice(0, eventLimits.nameCharsMax).toWellFormed();
    this.#options = { ...options, source: { ...source, name } };
  }

  report(event: VentilatorEvent | SinkEvent): void {
    if (this.#isWanted(event.type)) this.#add(withoutStack(event));
  }

  reportTasks(steps: readonly TaskRunEvent[]): void {
    for (const step of steps) if (this.#isWanted(step.type)) this.#add(step);
  }

  /**
   * Each loop over it begins with a snapshot, and ends when the hub closes.
   *
   * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_CLOSED`.
   */
  events(options: EventsOptions = {}): AsyncIterable<TqEvent> {
    checkKnownOptions("events", options, { topics: true });
    const topics = checkTopics(options.topics);
    if (this.#isClosed) throw new TqError("TQ_ERR_CLOSED", `this ${this.#options.source.role} is closed`);
    return { [Symbol.asyncIterator]: () => this.#open(topics) };
  }

  /** A socket to publish at; attach a link to it. */
  addPublisher(): EventPublisher {
    const publisher = new EventPublisher({
      interest: () => this.#interestChanged(),
      asked: () => this.#flushLater(),
    });
    this.#publishers.push(publisher);
    this.#beats ??= setInterval(() => this.#everySecond(), eventLimits.beatMs);
    return publisher;
  }

  /** Says what is left to say, ends all loops and closes the sockets. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#beat(true);
    this.#isClosed = true;
    clearInterval(this.#beats);
    clearImmediate(this.#flush);
    clearTimeout(this.#answerLater);
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
    await Promise.all(this.#publishers.map((publisher) => publisher.close()));
  }

  #open(topics: readonly string[]): EventReader {
    const reader = new EventReader(topics, () => {
      if (this.#readers.delete(reader)) this.#interestChanged();
    });
    if (this.#isClosed) {
      reader.end();
      return reader;
    }
    reader.queue.pushSnapshot(this.#key, this.#snapshot(""));
    this.#readers.add(reader);
    this.#interestChanged();
    return reader;
  }

  get #key(): string {
    return this.#options.source.bootId;
  }

  #add(entry: EventEntry): void {
    this.#numbering.add(entry);
    this.#flushLater();
  }

  #flushLater(): void {
    if (this.#isClosed) return;
    this.#flush ??= setImmediate(() => {
      this.#flush = undefined;
      this.#distribute();
      this.#answer();
    });
  }

  #isWanted(type: string): boolean {
    const known = this.#wanted.get(type);
    if (known !== undefined) return known;
    const isWanted =
      this.#publishers.some(({ interest }) => interest.wantsType(type)) ||
      [...this.#readers].some(({ topics }) => isChosen(type, topics));
    this.#wanted.set(type, isWanted);
    return isWanted;
  }

  #interestChanged(): void {
    if (this.#isClosed) return;
    this.#wanted.clear();
    this.#options.watch(new Set(taskEventTypes.filter((type) => this.#isWanted(type))));
  }

  #distribute(): void {
    if (this.#numbering.isEmpty) return;
    const head = { kind: "events", source: this.#options.source, at: Date.now() } as const;
    for (const entries of this.#numbering.take()) this.#send({ ...head, ...entries });
    for (const reader of this.#readers) reader.wake();
  }

  #send(batch: EventBatch): void {
    const { type } = batch;
    for (const reader of this.#readers) {
      if (isChosen(type, reader.topics)) reader.queue.pushEvents(this.#key, batch);
    }
    let messages: readonly Frames[] | undefined;
    for (const publisher of this.#publishers) {
      if (!publisher.isOpen || !publisher.interest.wantsType(type)) continue;
      messages ??= encodeBatch(batch);
      for (const frames of messages) publisher.send(frames);
    }
  }

  /** Takes and encodes one snapshot for all who wait, and not too often: strangers may ask, too. */
  #answer(): void {
    if (!this.#publishers.some(({ isAsked }) => isAsked) || this.#answerLater !== undefined) return;
    const waitMs = this.#answeredAt + eventLimits.snapshotGapMs - monotonicNow();
    if (waitMs > 0) {
      this.#answerLater = setTimeout(() => {
        this.#answerLater = undefined;
        this.#answer();
      }, waitMs);
      return;
    }
    this.#answeredAt = monotonicNow();
    const [, body] = encodeSnapshot(this.#snapshot(""));
    for (const publisher of this.#publishers) {
      for (const token of publisher.takeTokens()) {
        if (body !== undefined) publisher.send([Buffer.from(snapshotTopic(token), "latin1"), body]);
      }
    }
  }

  #snapshot(token: string): SnapshotMessage {
    const { source } = this.#options;
    const state = this.#options.state();
    this.#distribute();
    return { kind: "snapshot", source, at: Date.now(), token, next: this.#numbering.next(), state };
  }

  #everySecond(): void {
    for (const publisher of this.#publishers) publisher.wake();
    this.#beat(false);
  }

  #beat(isLast: boolean): void {
    const { source } = this.#options;
    // What has been numbered leaves first: to a subscriber it would be missing otherwise.
    this.#distribute();
    for (const publisher of this.#publishers) {
      if (!publisher.interest.wantsBeats) continue;
      publisher.publish({ kind: "beat", source, at: Date.now(), next: this.#numbering.next(), isLast });
    }
  }
}

/**
 * In as many messages as it takes. An event that cannot be sent at all is left out, for a name or text of somebody else's must
 * not end this process: by its number, subscribers are told that they missed it.
 */
function encodeBatch(batch: EventBatch): readonly Frames[] {
  try {
    return [encodeEventMessage(batch)];
  } catch {
    const { entries, first } = batch;
    if (entries.length <= 1) return [];
    const [early, late] = [entries.slice(0, entries.length >> 1), entries.slice(entries.length >> 1)];
    const lateFirst = first + early.reduce((count, entry) => count + eventCount(entry), 0);
    return [
      ...encodeBatch({ ...batch, entries: early }),
      ...encodeBatch({ ...batch, entries: late, first: lateFirst }),
    ];
  }
}

/** One that is too large for a message goes without its lists: the totals tell the most. */
function encodeSnapshot(snapshot: SnapshotMessage): Frames {
  try {
    return encodeEventMessage(snapshot);
  } catch {
    return encodeEventMessage({ ...snapshot, state: withoutLists(snapshot.state) });
  }
}

/** Who failed has logged the stack, where its sources are. */
function withoutStack<Event extends VentilatorEvent | SinkEvent>(event: Event): Event {
  if (!("error" in event) || event.error === undefined) return event;
  const { name, message, code }: RemoteError = event.error;
  return { ...event, error: { name, message, ...(code === undefined ? {} : { code }) } };
}
