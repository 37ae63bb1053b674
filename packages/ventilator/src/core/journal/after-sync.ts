import type { TaskBatch } from "../task-batch.ts";
import type { JournalWriter } from "./journal-writer.ts";

/**
 * Something has changed about a batch that must not be forgotten once this has run: with a journal it waits until that is
 * safe.
 */
export const afterSync = (journal: JournalWriter | undefined, batch: TaskBatch, run: () => void): void => {
  if (journal === undefined) run();
  else journal.afterSync(batch, run);
};
