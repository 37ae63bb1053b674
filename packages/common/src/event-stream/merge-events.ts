/** Events of several roles of one process as one loop: each in its own order, all as they come. */
import type { TqEvent } from "../events/index.ts";

interface Arrived {
  readonly from: AsyncIterator<TqEvent>;
  readonly result: IteratorResult<TqEvent, unknown>;
}

/** Ends when all have ended; leaving it leaves them. */
export function mergeEvents(sources: readonly AsyncIterable<TqEvent>[]): AsyncIterable<TqEvent> {
  return { [Symbol.asyncIterator]: () => merge(sources) };
}

/** Not by `Promise.race`: each race would leave something behind at the promise of a source that says nothing. */
async function* merge(sources: readonly AsyncIterable<TqEvent>[]): AsyncGenerator<TqEvent, void, undefined> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const arrived: Arrived[] = [];
  let wake = (): void => {};
  const ask = async (from: AsyncIterator<TqEvent>): Promise<void> => {
    arrived.push({ from, result: await from.next() });
    wake();
  };
  for (const iterator of iterators) void ask(iterator);
  try {
    for (let open = iterators.length; open > 0; ) {
      const next = arrived.shift();
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if (next.result.done === true) open -= 1;
      else {
        void ask(next.from);
        yield next.result.value;
      }
    }
  } finally {
    for (const iterator of iterators) void iterator.return?.();
  }
}
