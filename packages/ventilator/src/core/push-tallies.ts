/**
 * How far pushed tasks have come, as the workers count them: read from the pipe, and settled, which means that their outcome
 * is in the sink's pipe.
 *
 * A worker's counts are totals of its process, so of several tallies the highest numbers hold, and a session more or less
 * changes nothing. What a worker that is gone had read and not settled is over: nobody else has it. If that worker turns out to
 * live, it counts again.
 */
import { forEachGrant } from "@tq/common/protocol";
import type { BootId, Hello, Tally } from "@tq/common/wire";

/** A worker's process as tallies know it. */
type TallyingWorker = Pick<Hello, "bootId" | "definitions">;

interface Counts {
  read: number;
  settled: number;
}

interface Book {
  readonly names: readonly string[];
  /** By place in the definitions of HELLO. */
  readonly counts: readonly Counts[];
  strays: number;
  isHere: boolean;
  heardAt: number;
}

/** Processes that are gone and whose counts are kept, in case they come back. Beyond it the oldest is taken for dead. */
const goneMax = 1_024;

export class PushTallies {
  readonly #books = new Map<BootId, Book>();
  /** By name of the task: tasks that nobody works on any more. */
  readonly #over = new Map<string, number>();
  /** Tasks that left the pipe, and tasks that are over; strays are both. */
  read = 0;
  over = 0;
  #gone = 0;

  /** Tasks of this name that are settled, or went with a worker that had read them. */
  overOf(name: string): number {
    return this.#over.get(name) ?? 0;
  }

  /** False if nothing has changed. */
  heard(now: number, worker: TallyingWorker, tally: Pick<Tally, "counts" | "strays">): boolean {
    const book = this.#book(worker);
    const before = this.read + this.over;
    if (!book.isHere) this.#returned(book);
    book.heardAt = now;
    forEachGrant(tally.counts, (definition, read, settled) => {
      const counts = book.counts[definition];
      const name = book.names[definition];
      if (counts === undefined || name === undefined) return;
      const isOver = Math.min(read, settled);
      this.read += Math.max(0, read - counts.read);
      this.#count(name, Math.max(0, isOver - counts.settled));
      counts.read = Math.max(counts.read, read);
      counts.settled = Math.max(counts.settled, isOver);
    });
    const strays = Math.max(0, tally.strays - book.strays);
    this.read += strays;
    this.over += strays;
    book.strays += strays;
    return this.read + this.over !== before;
  }

  /** Its session is over: what it had read and not settled will not be settled, unless it comes back. */
  gone(bootId: BootId): void {
    const book = this.#books.get(bootId);
    if (book === undefined || !book.isHere) return;
    book.isHere = false;
    for (const [place, { read, settled }] of book.counts.entries())
      this.#count(book.names[place] ?? "", read - settled);
    this.#books.delete(bootId);
    this.#books.set(bootId, book);
    this.#gone += 1;
    if (this.#gone > goneMax) this.#forgetOldest();
  }

  /** Tasks that it has read and not settled. */
  heldBy(bootId: BootId): number {
    let held = 0;
    for (const { read, settled } of this.#books.get(bootId)?.counts ?? []) held += read - settled;
    return held;
  }

  /** True if it has settled all that it has read. */
  hasNothing(bootId: BootId): boolean {
    return this.heldBy(bootId) === 0;
  }

  heardAt(bootId: BootId): number {
    return this.#books.get(bootId)?.heardAt ?? Number.NEGATIVE_INFINITY;
  }

  #book({ bootId, definitions }: TallyingWorker): Book {
    const known = this.#books.get(bootId);
    if (known !== undefined) return known;
    const names = definitions.map(({ name }) => name);
    const counts = names.map(() => ({ read: 0, settled: 0 }));
    const book = { names, counts, strays: 0, isHere: true, heardAt: Number.NEGATIVE_INFINITY };
    this.#books.set(bootId, book);
    return book;
  }

  #returned(book: Book): void {
    book.isHere = true;
    this.#gone -= 1;
    for (const [place, { read, settled }] of book.counts.entries())
      this.#count(book.names[place] ?? "", settled - read);
  }

  #count(name: string, tasks: number): void {
    if (tasks === 0) return;
    this.over += tasks;
    this.#over.set(name, this.overOf(name) + tasks);
  }

  #forgetOldest(): void {
    for (const [bootId, { isHere }] of this.#books) {
      if (isHere) continue;
      this.#books.delete(bootId);
      this.#gone -= 1;
      return;
    }
  }
}
