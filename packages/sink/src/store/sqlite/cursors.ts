/**
 * How far each consumer has read: moved in memory, written together once per turn of the event loop.
 *
 * So a consumer never waits for a disk, and may after a crash get again what it had taken in the last moments; unless it
 * saves a note with its cursor, by which it can tell what it had done.
 */
import type { TqError } from "@tq/common";
import type { Cursor } from "./store-messages.ts";

/** Whose cursor, over what. */
export type CursorKey = Pick<Cursor, "consumer" | "task" | "contract">;

export class StoreCursor {
  readonly key: CursorKey;
  #n: number;
  #note: number | undefined;
  #isMoved = false;
  readonly #moved: (cursor: StoreCursor) => void;
  /** Moves so far, and how many of them are written. */
  #moves = 0;
  #saved = 0;
  #failure: TqError | undefined;
  #waiting: { readonly move: number; readonly promise: PromiseWithResolvers<void> }[] = [];

  constructor({ n, note, consumer, task, contract }: Cursor, moved: (cursor: StoreCursor) => void) {
    this.key = { consumer, task, contract };
    this.#n = n;
    this.#note = note;
    this.#moved = moved;
  }

  /** Everything up to this number is done with. */
  get n(): number {
    return this.#n;
  }

  get note(): number | undefined {
    return this.#note;
  }

  move(n: number, note?: number): void {
    this.#n = n;
    this.#note = note;
    this.#moves += 1;
    this.#tell();
  }

  /** Resolves when it is written as it stands now, or further on. Rejects if the store fails, or closes before. */
  saved(): Promise<void> {
    if (this.#saved === this.#moves) return Promise.resolve();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const promise = Promise.withResolvers<void>();
    this.#waiting.push({ move: this.#moves, promise });
    return promise.promise;
  }

  /** To be written. `written`: it is. */
  take(): { readonly cursor: Cursor; readonly written: () => void } {
    const move = this.#moves;
    this.#isMoved = false;
    return {
      cursor: { ...this.key, n: this.#n, note: this.#note },
      written: () => {
        this.#saved = move;
        while ((this.#waiting[0]?.move ?? Number.POSITIVE_INFINITY) <= move)
          this.#waiting.shift()?.promise.resolve();
      },
    };
  }

  /** What was taken could not be written. */
  again(): void {
    this.#tell();
  }

  /** Nothing is written any more. */
  fail(error: TqError): void {
    this.#failure ??= error;
    for (const { promise } of this.#waiting.splice(0)) promise.reject(error);
  }

  #tell(): void {
    if (this.#isMoved) return;
    this.#isMoved = true;
    this.#moved(this);
  }
}

/** From a full disk to the next try. */
const retryMs = 1_000;

export class Cursors {
  readonly #write: (cursors: readonly Cursor[], answered: (isWritten: boolean) => void) => void;
  readonly #cursors = new Map<string, StoreCursor>();
  readonly #moved = new Set<StoreCursor>();
  #turn: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    saved: readonly Cursor[],
    write: (cursors: readonly Cursor[], answered: (isWritten: boolean) => void) => void,
  ) {
    this.#write = write;
    for (const cursor of saved) this.#add(cursor);
  }

  find(key: CursorKey): StoreCursor | undefined {
    return this.#cursors.get(idOf(key));
  }

  /** All of one consumer. */
  of(consumer: string): StoreCursor[] {
    return [...this.#cursors.values()].filter(({ key }) => key.consumer === consumer);
  }

  /** A new one, at a place of its own. */
  create(key: CursorKey, n: number): StoreCursor {
    const cursor = this.#add({ ...key, n, note: undefined });
    cursor.move(n);
    return cursor;
  }

  /** Writes what was moved, the last time: what a full disk refuses is not tried again. */
  close(): void {
    this.flush();
    this.#isClosed = true;
  }

  fail(error: TqError): void {
    for (const cursor of this.#cursors.values()) cursor.fail(error);
  }

  #add(cursor: Cursor): StoreCursor {
    const added = new StoreCursor(cursor, (moved) => this.#hasMoved(moved));
    this.#cursors.set(idOf(cursor), added);
    return added;
  }

  #hasMoved(cursor: StoreCursor): void {
    this.#moved.add(cursor);
    if (!this.#isClosed && this.#retry === undefined) this.#turn ??= setImmediate(() => this.flush());
  }

  /** Writes what was moved, without waiting for the end of the turn. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#moved.size === 0) return;
    const taken = Array.from(this.#moved, (moved) => ({ moved, ...moved.take() }));
    this.#moved.clear();
    this.#write(
      taken.map(({ cursor }) => cursor),
      (isWritten) => {
        if (isWritten) for (const { written } of taken) written();
        else if (!this.#isClosed) {
          this.#retry ??= setTimeout(() => this.flush(), retryMs);
          for (const { moved } of taken) moved.again();
        }
      },
    );
  }
}

const idOf = ({ consumer, task, contract }: CursorKey): string => `${consumer}\n${task}\n${contract}`;
