/** Journals in folders of their own, written without a thread. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GroupCommit } from "@tq/common/sqlite";
import type { JournalChange, JournalContents } from "../core/journal/journal-port.ts";
import { openJournalFile } from "./journal-file.ts";
import { ContentsReader, changeToRows } from "./journal-rows.ts";
import { WallClock } from "./wall-clock.ts";

export class JournalDirectory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "tq-journal-"));
  readonly clock: WallClock;

  constructor(clock = new WallClock(Date.now, Date.now)) {
    this.clock = clock;
  }

  get file(): string {
    return join(this.path, "journal.db");
  }

  /** Opens the journal, gives what writes to it, one commit per change, and what closes it. */
  open(): { write(change: JournalChange): void; close(): void } {
    const served = openJournalFile({ directory: this.path, syncsCommits: false, now: 1 });
    const commits = new GroupCommit({ ...served, durability: "none" });
    return {
      write: (change) => {
        commits.commit([changeToRows(change, this.clock)]);
      },
      close: () => served.file.close(),
    };
  }

  /** The same for one change. */
  write(change: JournalChange): void {
    const { write, close } = this.open();
    write(change);
    close();
  }

  /** Opens the journal, reads all of it, and closes it. */
  read(): JournalContents {
    const served = openJournalFile({ directory: this.path, syncsCommits: false, now: 1 });
    try {
      const reader = new ContentsReader(this.clock, ({ table, key, reason }) => {
        throw new Error(`${table}, ${key}: ${reason}`);
      });
      for (const { value } of served.contents?.() ?? []) reader.add(value.table, value.rows);
      return reader.take();
    } finally {
      served.file.close();
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}
