/**
 * What came in at an end of a link, for tests: read one by one, and at the end shown to be empty. It knows nothing of
 * time: whoever asks for silence first makes sure that all that was sent has arrived (runs a virtual clock to rest, or
 * lets a last message through, for links keep order).
 */
import { inspect } from "node:util";
import { invariant } from "../contract/index.ts";

export class Inbox<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** Bound, so that it can be given to a link as its `receive`. */
  readonly push = (item: T): void => {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#items.push(item);
    else waiting(item);
  };

  /** The oldest unread one. An error if there is none. */
  take(): T {
    invariant(this.#items.length > 0, "something was expected, and nothing has come in");
    return this.#items.shift() as T;
  }

  takeAll(): T[] {
    return this.#items.splice(0);
  }

  /** The oldest unread one, or the next to come. */
  next(): Promise<T> {
    if (this.#items.length > 0) return Promise.resolve(this.take());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Throws, and shows what came in, if anything is unread. */
  expectSilence(): void {
    const shown = inspect(this.#items.slice(0, 5), { depth: 4, maxArrayLength: 8, maxStringLength: 200 });
    invariant(this.#items.length === 0, `silence was expected, but ${this.#items.length} came in: ${shown}`);
  }
}
