import {
  applyChange,
  contentsOf,
  emptyJournal,
} from "../../packages/ventilator/src/core/journal/journal-state.ts";
import { JournalDirectory } from "../../packages/ventilator/src/journal/journal-directory.test-support.ts";
import {
  describeJournal,
  type JournalUnderTest,
} from "../../packages/ventilator/src/journal/journal-suite.test-support.ts";
import { WallClock } from "../../packages/ventilator/src/journal/wall-clock.ts";

/** All is converted at the same moment of both clocks. */
const clock = new WallClock(
  () => 5_000,
  () => 1_700_000_000_000,
);

/** Without the thread: starting hundreds of those would take longer than all else. */
async function openSqlite(): Promise<JournalUnderTest> {
  const directory = new JournalDirectory(clock);
  let journal = directory.open();
  return {
    write: async (change) => journal.write(change),
    reopen: async () => {
      journal.close();
      const contents = directory.read();
      journal = directory.open();
      return contents;
    },
    [Symbol.asyncDispose]: async () => {
      journal.close();
      directory[Symbol.dispose]();
    },
  };
}

async function openModel(): Promise<JournalUnderTest> {
  const state = emptyJournal();
  return {
    write: async (change) => applyChange(state, change),
    reopen: async () => contentsOf(state),
    [Symbol.asyncDispose]: async () => {},
  };
}

describeJournal("the model", openModel, { runs: 25 });
describeJournal("the journal on SQLite", openSqlite, { runs: 25 });
