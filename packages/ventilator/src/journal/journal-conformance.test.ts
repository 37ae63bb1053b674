import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GroupCommit } from "@tq/common/sqlite";
import { applyChange, contentsOf, emptyJournal } from "../core/journal/journal-state.ts";
import { openJournalFile } from "./journal-file.ts";
import { ContentsReader, changeToRows } from "./journal-rows.ts";
import { describeJournal, type JournalUnderTest } from "./journal-suite.test-support.ts";
import { WallClock } from "./wall-clock.ts";

/** All is converted at the same moment of both clocks. */
const clock = new WallClock(
  () => 5_000,
  () => 1_700_000_000_000,
);

/** Without the thread: starting hundreds of those would take longer than all else. */
async function openSqlite(): Promise<JournalUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), "tq-journal-"));
  const open = () => {
    const served = openJournalFile({ directory, syncsCommits: false, now: 1 });
    const { file, write } = served;
    return { served, commits: new GroupCommit({ file, write, durability: "always" }) };
  };
  let { served, commits } = open();
  return {
    write: async (_number, change) => {
      commits.commit([changeToRows(change, clock)]);
    },
    reopen: async () => {
      served.file.close();
      ({ served, commits } = open());
      const reader = new ContentsReader(clock, ({ reason }) => {
        throw new Error(reason);
      });
      for (const { value } of served.contents?.() ?? []) reader.add(value.table, value.rows);
      return reader.take();
    },
    [Symbol.asyncDispose]: async () => {
      served.file.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function openModel(): Promise<JournalUnderTest> {
  const state = emptyJournal();
  return {
    write: async (_number, change) => applyChange(state, change),
    reopen: async () => contentsOf(state),
    [Symbol.asyncDispose]: async () => {},
  };
}

describeJournal("the model", openModel, { runs: 25 });
describeJournal("the journal on SQLite", openSqlite, { runs: 25 });
