/**
 * What a ventilator at full speed asks of its journal: batches come, live for a while, and are removed, with the row of their
 * origin written anew each time.
 */
import { encodeValues, type Values } from "@tq/common/wire";
import type { JournalChange } from "../../../packages/ventilator/src/core/journal/journal-port.ts";
import { noChange } from "../../../packages/ventilator/src/core/journal/journal-state.ts";

const origin = "00000000000000aa";

export interface Load {
  readonly tasks: number;
  readonly batchTasks: number;
  /** Batches accepted in one turn of the ventilator's loop. */
  readonly batchesPerChange: number;
  /** Batches that are unsettled at any time. */
  readonly liveBatches: number;
}

/** Change after change; the last ones remove all that is left. */
export function* changesOf({
  tasks,
  batchTasks,
  batchesPerChange,
  liveBatches,
}: Load): Iterable<JournalChange> {
  const values: Values = encodeValues(
    Array.from({ length: batchTasks }, (_, index) => ({ path: `/data/${index}.txt` })),
  );
  const batches = Math.ceil(tasks / batchTasks);
  for (let first = 1; first <= batches + liveBatches; first += batchesPerChange) {
    const numbers = Array.from({ length: batchesPerChange }, (_, index) => first + index);
    const settled = Math.max(0, first + batchesPerChange - 1 - liveBatches) * batchTasks;
    yield {
      ...noChange,
      accepted: numbers.filter((number) => number <= batches).map((number) => batchOf(number, values)),
      removed: numbers
        .map((number) => number - liveBatches)
        .filter((number) => number > 0 && number <= batches),
      origins: [
        {
          origin,
          owner: { bootId: undefined, name: "bench" },
          isHandedOn: false,
          isLeft: false,
          settled: settled === 0 ? [] : [1, settled + 1],
        },
      ],
    };
  }
}

const batchOf = (number: number, values: Values): JournalChange["accepted"][number] => ({
  number,
  acceptedAt: performance.now(),
  submission: {
    definition: { name: "text.count-words" },
    reply: "sink",
    ids: { origins: [origin], runs: [0, (number - 1) * values.lengths.length + 1, values.lengths.length] },
    options: {},
    values,
  },
});
