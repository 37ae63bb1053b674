/**
 * What a worker has granted one ventilator, per definition, in the present session.
 *
 * A fresh session starts at zero. Attempts it adopts were granted by an earlier one: they are in hand, but no release of
 * theirs may lengthen this session's totals, so they are subtracted from the window instead.
 */
import { CreditWindow } from "@tq/common/protocol";

interface Book {
  readonly window: CreditWindow;
  tasksReceived: number;
  bytesReceived: number;
  tasksCarried: number;
  bytesCarried: number;
  /** Totals that the ventilator was told. */
  tasksTold: number;
  bytesTold: number;
}

export class GrantBook {
  #books: (Book | undefined)[] = [];

  /** A fresh session. */
  reset(): void {
    this.#books = [];
  }

  /** An adopted attempt is in hand. */
  carry(definition: number, bytes: number): void {
    const book = this.#open(definition);
    book.tasksCarried += 1;
    book.bytesCarried += bytes;
  }

  /** Tasks came in. False if they are more than was granted; bytes may exceed it by the last payload. */
  receive(definition: number, lengths: readonly number[]): boolean {
    const book = this.#open(definition);
    for (const length of lengths) book.bytesReceived += length;
    book.tasksReceived += lengths.length;
    const bytesBeforeLast = book.bytesReceived - (lengths[lengths.length - 1] ?? 0);
    const { tasksGranted, bytesGranted } = book.window;
    return book.tasksReceived <= tasksGranted && bytesBeforeLast < bytesGranted;
  }

  /** A task of this session was dealt with. */
  release(definition: number, tasks: number, bytes: number): void {
    this.#books[definition]?.window.release(tasks, bytes);
  }

  /** An adopted one was. */
  releaseCarried(definition: number, bytes: number): void {
    const book = this.#books[definition];
    if (book === undefined) return;
    book.tasksCarried -= 1;
    book.bytesCarried -= bytes;
  }

  /**
   * Grants up to the window. True if so much has come together that the ventilator should hear of it: a quarter of the
   * window, so that a GRANT is not said per task, and the rest is still in use meanwhile.
   */
  refill(definition: number, tasks: number, bytes: number): boolean {
    const book = this.#open(definition);
    const { window } = book;
    window.open(Math.max(0, tasks - book.tasksCarried), Math.max(0, bytes - book.bytesCarried));
    return (
      window.tasksGranted - book.tasksTold >= Math.max(1, tasks / 4) ||
      window.bytesGranted - book.bytesTold >= Math.max(1, bytes / 4)
    );
  }

  /** The totals of these definitions, or of all, as they are to be said now. */
  tell(definitions: Iterable<number> = this.#books.keys()): number[] {
    const grants: number[] = [];
    for (const definition of definitions) {
      const book = this.#books[definition];
      if (book === undefined) continue;
      book.tasksTold = book.window.tasksGranted;
      book.bytesTold = book.window.bytesGranted;
      grants.push(definition, book.tasksTold, book.bytesTold);
    }
    return grants;
  }

  #open(definition: number): Book {
    const known = this.#books[definition];
    if (known !== undefined) return known;
    const book: Book = {
      window: new CreditWindow(),
      tasksReceived: 0,
      bytesReceived: 0,
      tasksCarried: 0,
      bytesCarried: 0,
      tasksTold: 0,
      bytesTold: 0,
    };
    this.#books[definition] = book;
    return book;
  }
}
