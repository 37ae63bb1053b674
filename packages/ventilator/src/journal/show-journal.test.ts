import { expect, test } from "vitest";
import { noChange } from "../core/journal/journal-state.ts";
import { JournalDirectory } from "./journal-directory.test-support.ts";
import { openJournalFile } from "./journal-file.ts";
import { sampleBatch } from "./journal-suite.test-support.ts";
import { showJournal } from "./show-journal.ts";

const trouble = {
  attempt: 1,
  failures: 1,
  crashes: [],
  suspicion: "none",
  dueAt: undefined,
  isExpired: false,
  proposed: undefined,
  errors: [],
} as const;

test("counts unsettled tasks by state and definition, also while a ventilator has the journal", () => {
  using directory = new JournalDirectory();
  const now = Date.now();
  const delayed = sampleBatch(3);
  const options = { notBeforeMs: { at: [0, 1], values: [1, 3_600_000] } };
  const other = { ...delayed.submission, definition: { name: "text.count" }, options };
  directory.write({
    ...noChange,
    accepted: [sampleBatch(1), sampleBatch(2), { ...delayed, acceptedAt: now - 1_000, submission: other }],
    progress: [
      { number: 1, sink: undefined, settled: [0, 1], parts: [], troubles: [] },
      {
        number: 2,
        sink: undefined,
        settled: [],
        parts: [0],
        troubles: [
          { ...trouble, index: 0, dueAt: now + 60_000 },
          { ...trouble, index: 1, suspicion: "suspect", proposed: "failed" },
        ],
      },
    ],
    doubts: [{ number: 1, origin: "00000000000000aa", first: 1, count: 5, sink: undefined, at: now }],
  });
  const { file } = openJournalFile({ directory: directory.path, syncsCommits: true, now: 2_000 });
  expect(showJournal(directory.path)).toMatchObject({
    file: directory.file,
    tasks: { waiting: 2, scheduled: 2, settling: 1 },
    byTask: {
      "math.square": { waiting: 1, scheduled: 1, settling: 1 },
      "text.count": { waiting: 1, scheduled: 1, settling: 0 },
    },
    retried: 2,
    suspects: 1,
    batches: 3,
    movedInDoubt: 5,
    epoch: 2_000,
    damagedRows: 0,
  });
  file.close();
});
