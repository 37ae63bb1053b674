/** One loop over events: takes them from a queue that others fill. */
import { EventQueue, type TqEvent } from "../events/index.ts";

const done = { done: true, value: undefined } as const;

export class EventReader implements AsyncIterator<TqEvent, undefined> {
  readonly topics: readonly string[];
  readonly queue: EventQueue;
  readonly #onEnd: () => void;
  /** Calls of `next` that wait, in their order. */
  #waiting: ((result: IteratorResult<TqEvent, undefined>) => void)[] = [];
  #isEnded = false;

  /** `onEnd`: the loop was left. */
  constructor(topics: readonly string[], onEnd: () => void) {
    this.topics = topics;
    this.queue = new EventQueue(topics);
    this.#onEnd = onEnd;
  }

  next(): Promise<IteratorResult<TqEvent, undefined>> {
    const event = this.#waiting.length === 0 ? this.queue.take() : undefined;
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#isEnded) return Promise.resolve(done);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<TqEvent, undefined>> {
    this.#onEnd();
    this.end();
    this.queue.clear();
    return Promise.resolve(done);
  }

  /** Something was pushed into the queue. */
  wake(): void {
    while (this.#waiting.length > 0) {
      const event = this.queue.take();
      if (event === undefined) return;
      this.#waiting.shift()?.({ done: false, value: event });
    }
  }

  /** Nothing more will be pushed. What is there may still be taken. */
  end(): void {
    this.wake();
    this.#isEnded = true;
    for (const resolve of this.#waiting) resolve(done);
    this.#waiting = [];
  }
}
