/** What every journal must do, whatever it keeps its records in. */
import { encodeValues } from "@tq/common/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JournalChange, JournalContents, JournaledBatch } from "../core/journal/journal-port.ts";
import { applyChange, contentsOf, emptyJournal, noChange } from "../core/journal/journal-state.ts";
import { changes } from "./journal-changes.test-support.ts";

export interface JournalUnderTest extends AsyncDisposable {
  /** Resolves when it is written. */
  write(change: JournalChange): Promise<void>;
  /** Ends it, starts it again, and gives what is replayed. The clock stands still. */
  reopen(): Promise<JournalContents>;
}

export type OpenEmptyJournal = () => Promise<JournalUnderTest>;

export function describeJournal(name: string, open: OpenEmptyJournal, { runs }: { runs: number }): void {
  describe(name, () => {
    test("comes to the same as the model, whatever is written, over restarts", async () => {
      await fc.assert(
        fc.asyncProperty(changes, fc.nat(8), async (list, restartAt) => {
          await using journal = await open();
          const model = emptyJournal();
          for (const [index, change] of list.entries()) {
            applyChange(model, change);
            await journal.write(change);
            if (index === restartAt) await journal.reopen();
          }
          expect(sorted(await journal.reopen())).toEqual(sorted(contentsOf(model)));
        }),
        { numRuns: runs },
      );
    });

    test("gives batches in the order of their numbers, with the progress that was written last", async () => {
      await using journal = await open();
      await journal.write({ ...noChange, accepted: [sampleBatch(9), sampleBatch(10)] });
      await journal.write({
        ...noChange,
        accepted: [sampleBatch(100)],
        progress: [progressOf(100, [0, 1])],
      });
      await journal.write({ ...noChange, progress: [progressOf(100, [0, 2])], removed: [9] });
      const { batches } = await journal.reopen();
      expect(plain(batches)).toEqual(
        plain([
          { batch: sampleBatch(10), progress: undefined },
          { batch: sampleBatch(100), progress: progressOf(100, [0, 2]) },
        ]),
      );
    });

    test("is empty when all was removed", async () => {
      await using journal = await open();
      const owner = { bootId: undefined, name: "" };
      const origin = { origin: sampleOrigin, owner, isHandedOn: false, isLeft: false };
      await journal.write({
        ...noChange,
        accepted: [sampleBatch(1)],
        progress: [progressOf(1, [0, 1])],
        origins: [{ ...origin, settled: [] }],
      });
      await journal.write({ ...noChange, removed: [1], origins: [{ ...origin, settled: [1, 3] }] });
      await journal.write({ ...noChange, closedOrigins: [sampleOrigin] });
      expect(await journal.reopen()).toEqual(contentsOf(emptyJournal()));
    });
  });
}

export const sampleOrigin = "00000000000000aa";

/** Bytes are bytes, whether Node calls them a Buffer or not. */
const plain = <T>(value: T): T => structuredClone(value);

export const sampleBatch = (number: number): JournaledBatch => ({
  number,
  acceptedAt: number,
  submission: {
    definition: { name: "math.square" },
    reply: "sink",
    ids: { origins: [sampleOrigin], runs: [0, number * 2 + 1, 2] },
    options: {},
    values: encodeValues([{ n: number }, { n: -number }]),
  },
});

const progressOf = (number: number, settled: readonly number[]) => ({
  number,
  sink: undefined,
  settled,
  parts: [],
  troubles: [],
});

/** Only batches have an order. */
function sorted(contents: JournalContents): JournalContents {
  const by = <T>(list: readonly T[], key: (item: T) => string): readonly T[] =>
    list.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  return plain({
    batches: contents.batches,
    origins: by(contents.origins, ({ origin }) => origin),
    keys: by(contents.keys, ({ task, key }) => `${task} ${key}`),
    deadLetters: by(contents.deadLetters, ({ id }) => id),
    doubts: by(contents.doubts, ({ number }) => String(number)),
  });
}
