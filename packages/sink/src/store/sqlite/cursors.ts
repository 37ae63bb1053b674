/**
 * How far each consumer has read: moved in memory, written together once per turn of the event loop.
 *
 * So a consumer never waits for a disk, and may after a crash get again what it had taken in the last moments; unless it
 * saves a note with its cursor, by which it can tell what it had done.
 */
import type { Cursor } from "./store-messages.ts";

/** Whose cursor, over what. */
export type CursorKey = Pick<Cursor, "consumer" | "task" | "contract">;

/** Moved and not known to be written. */
interface Waiting {
  readonly cursor: Cursor;
  readonly resolves: (() => void)[];
}

/** From a full disk to the next try. */
const retryMs = 1_000;

export class Cursors {
  readonly #write: (cursors: readonly Cursor[], answered: (isWritten: boolean) => void) => void;
  readonly #cursors = new Map<string, Cursor>();
  #waiting = new Map<string, Waiting>();
  #turn: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    saved: readonly Cursor[],
    write: (cursors: readonly Cursor[], answered: (isWritten: boolean) => void) => void,
  ) {
    this.#write = write;
    for (const cursor of saved) this.#cursors.set(keyOf(cursor), cursor);
  }

  find(key: CursorKey): Cursor | undefined {
    return this.#cursors.get(keyOf(key));
  }

  /** All of one consumer. */
  of(consumer: string): Cursor[] {
    return [...this.#cursors.values()].filter((cursor) => cursor.consumer === consumer);
  }

  /** Everything up to `n` is done with. Resolves when that is written; a later move of the same cursor may stand for it. */
  move(key: CursorKey, n: number, note: number | undefined): Promise<void> {
    const id = keyOf(key);
    const { consumer, task, contract } = key;
    const cursor = { consumer, task, contract, n, note };
    this.#cursors.set(id, cursor);
    const { promise, resolve } = Promise.withResolvers<void>();
    const resolves = this.#waiting.get(id)?.resolves ?? [];
    resolves.push(resolve);
    this.#waiting.set(id, { cursor, resolves });
    this.#turn ??= setImmediate(() => this.#flush());
    return promise;
  }

  /** The last one: what a full disk refuses from now on is not tried again. */
  flush(): void {
    this.#isClosed = true;
    this.#flush();
  }

  #flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    const cursors = Array.from(waiting.values(), ({ cursor }) => cursor);
    this.#write(cursors, (isWritten) => {
      if (!isWritten) return this.#again(waiting);
      for (const { resolves } of waiting.values()) for (const resolve of resolves) resolve();
    });
  }

  /** A full disk has refused them. What was moved since stands. */
  #again(refused: Map<string, Waiting>): void {
    if (this.#isClosed) return;
    for (const [id, { cursor, resolves }] of refused) {
      const later = this.#waiting.get(id);
      if (later === undefined) this.#waiting.set(id, { cursor, resolves });
      else later.resolves.push(...resolves);
    }
    this.#retry ??= setTimeout(() => this.#flush(), retryMs);
  }
}

const keyOf = ({ consumer, task, contract }: CursorKey): string => `${consumer}\n${task}\n${contract}`;
