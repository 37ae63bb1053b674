/**
 * What waits for one reader, within limits: in comes what sources say, out come single events, with a word about each gap.
 *
 * Gaps are noticed on the way out, by the sequence numbers, whatever made them: the network, a high-water mark, or this
 * queue, which takes nothing more while it is full. So a drop costs nothing but a note of how far its source has come.
 * Runs of tasks stay runs until they are taken.
 */
import type { EventEntry, EventSource, SourceGoneEvent, TqEvent } from "./event.ts";
import { type EventBatch, eventCount, type NextNumbers, type SnapshotMessage } from "./event-codec.ts";
import { GapTracker, type Missed } from "./gap-tracker.ts";
import { eventLimits } from "./limits.ts";
import { eventAt, eventsIn } from "./unfold-run.ts";

interface Mark {
  readonly kind: "mark";
  readonly source: EventSource;
  at: number;
  next: NextNumbers;
}

interface Gone {
  readonly kind: "gone";
  readonly source: EventSource;
  readonly at: number;
  readonly reason: SourceGoneEvent["reason"];
}

/** `key`: names the source and the way it is heard by. */
type Item = { readonly key: string; readonly bytes: number } & (EventBatch | SnapshotMessage | Mark | Gone);

export interface QueueLimits {
  readonly waitingEventsMax: number;
  readonly waitingEntriesMax: number;
  readonly waitingBytesMax: number;
}

export class EventQueue {
  readonly #topics: readonly string[];
  readonly #limits: QueueLimits;
  #items: Item[] = [];
  /** First item that is not taken. */
  #head = 0;
  /** Whether events of it have been taken, and where the next one is: entry, and task of a run. */
  #isBegun = false;
  #entry = 0;
  #offset = 0;
  #events = 0;
  #entries = 0;
  #bytes = 0;
  readonly #trackers = new Map<string, GapTracker>();
  /** Sources that are there by the last word that waits. */
  readonly #present = new Set<string>();
  /** Marks behind which nothing of their source has come yet: the next one of it needs no place of its own. */
  readonly #openMarks = new Map<string, Mark>();
  /** Told, and to be given before anything else. */
  #ready: TqEvent[] = [];
  /** Events that did not arrive, as far as it has been told. */
  missed = 0;

  constructor(topics: readonly string[], limits: QueueLimits = eventLimits) {
    this.#topics = topics;
    this.#limits = limits;
  }

  /** Events, of which some may not be chosen, of a source whose snapshot has been pushed. */
  pushEvents(key: string, batch: EventBatch, bytes = 0): void {
    const count = eventsIn(batch.entries);
    if (this.#isFull) {
      const { source, at } = batch;
      return this.pushMark(key, { source, at, next: { [batch.type]: batch.first + count } });
    }
    this.#openMarks.delete(key);
    this.#events += count;
    this.#push({ key, bytes, ...batch }, batch.entries.length);
  }

  /** How the source stands, and that what it said until then is part of that. */
  pushSnapshot(key: string, message: SnapshotMessage, bytes = 0): void {
    // Of a source that this reader knows, the numbers are enough; one that was gone in between begins anew.
    if (this.#isFull && this.#present.has(key)) return this.pushMark(key, message);
    this.#present.add(key);
    this.#openMarks.delete(key);
    this.#push({ key, bytes, ...message }, 1);
  }

  /** The source has come so far. */
  pushMark(key: string, { source, at, next }: Omit<Mark, "kind">): void {
    const open = this.#openMarks.get(key);
    if (open !== undefined) {
      open.at = at;
      open.next = { ...open.next, ...next };
      return;
    }
    const mark: Mark & { key: string; bytes: number } = { kind: "mark", key, bytes: 0, source, at, next };
    this.#openMarks.set(key, mark);
    this.#push(mark, 0);
  }

  pushGone(key: string, gone: Omit<Gone, "kind">): void {
    this.#openMarks.delete(key);
    this.#present.delete(key);
    this.#push({ kind: "gone", key, bytes: 0, ...gone }, 1);
  }

  /** The next event, or nothing while there is none. */
  take(): TqEvent | undefined {
    for (;;) {
      const ready = this.#ready.shift();
      if (ready !== undefined) return ready;
      const item = this.#items[this.#head];
      if (item === undefined) return undefined;
      const event = this.#takeFrom(item);
      if (event !== undefined) return event;
    }
  }

  /** Lets go of everything. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#ready = [];
    this.#openMarks.clear();
    this.#present.clear();
  }

  get #isFull(): boolean {
    const { waitingEventsMax, waitingEntriesMax, waitingBytesMax } = this.#limits;
    return (
      this.#events >= waitingEventsMax || this.#entries >= waitingEntriesMax || this.#bytes >= waitingBytesMax
    );
  }

  #push(item: Item, entries: number): void {
    this.#entries += entries;
    this.#bytes += item.bytes;
    this.#items.push(item);
  }

  #takeFrom(item: Item): TqEvent | undefined {
    switch (item.kind) {
      case "events":
        return this.#takeEvent(item);
      case "snapshot": {
        this.#drop(item, 1);
        this.#meet(item);
        return undefined;
      }
      case "mark":
        this.#drop(item, 0);
        if (this.#openMarks.get(item.key) === item) this.#openMarks.delete(item.key);
        this.#tell(item, this.#trackers.get(item.key)?.mark(item.next) ?? []);
        return undefined;
      case "gone": {
        this.#drop(item, 1);
        this.#trackers.delete(item.key);
        const { source, at, reason } = item;
        return { type: "source.gone", at, source, reason };
      }
    }
  }

  /** Of a source that is known already, what it lacks of what the snapshot tells of was missed. */
  #meet({ key, source, at, state, next }: Item & SnapshotMessage): void {
    const known = this.#trackers.get(key);
    if (known === undefined) this.#trackerOf(key).skipTo(next);
    else this.#tell({ source, at }, known.mark(next));
    this.#ready.push({ type: "snapshot", at, source, state });
  }

  #takeEvent(item: Item & EventBatch): TqEvent | undefined {
    const { entries } = item;
    if (!this.#isBegun) {
      this.#begin(item);
      return undefined;
    }
    const entry = entries[this.#entry];
    if (entry === undefined) {
      this.#drop(item, entries.length);
      return undefined;
    }
    const event = eventAt(item, entry, this.#offset);
    this.#offset += 1;
    this.#events -= 1;
    if (this.#offset >= eventCount(entry)) {
      this.#entry += 1;
      this.#offset = 0;
    }
    return event;
  }

  /** Tells what is missing before a batch, and passes over what was there already. */
  #begin({ key, type, first, entries, source, at }: Item & EventBatch): void {
    this.#isBegun = true;
    const { missed, known } = this.#trackerOf(key).receive(type, first, eventsIn(entries));
    if (missed > 0) this.#tell({ source, at }, [{ topic: type, count: missed }]);
    this.#events -= known;
    for (let left = known; left > 0; ) {
      const count = eventCount(entries[this.#entry] as EventEntry);
      if (left < count) {
        this.#offset = left;
        return;
      }
      this.#entry += 1;
      left -= count;
    }
  }

  #trackerOf(key: string): GapTracker {
    let tracker = this.#trackers.get(key);
    if (tracker === undefined) {
      tracker = new GapTracker(this.#topics);
      this.#trackers.set(key, tracker);
    }
    return tracker;
  }

  #tell({ source, at }: { source: EventSource; at: number }, missed: readonly Missed[]): void {
    for (const { topic, count } of missed) {
      this.missed += count;
      this.#ready.push({ type: "events.missed", at, source, topic, count });
    }
  }

  #drop(item: Item, entries: number): void {
    this.#entries -= entries;
    this.#bytes -= item.bytes;
    this.#isBegun = false;
    this.#entry = 0;
    this.#offset = 0;
    this.#head += 1;
    if (this.#head < 1_024 && this.#head < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
