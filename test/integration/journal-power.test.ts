/**
 * Journals on a disk whose power fails: of what was not synced, any sectors may be there, and any may be missing. When commits
 * are synced is shown where they are made; here it is what a journal comes to by that.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { GroupCommit } from "@tq/common/sqlite";
import { seededRandom } from "@tq/common/transport";
import { expect, test } from "vitest";
import { noChange } from "../../packages/ventilator/src/core/journal/journal-state.ts";
import { JournalDirectory } from "../../packages/ventilator/src/journal/journal-directory.test-support.ts";
import { openJournalFile } from "../../packages/ventilator/src/journal/journal-file.ts";
import { changeToRows } from "../../packages/ventilator/src/journal/journal-rows.ts";
import { sampleBatch } from "../../packages/ventilator/src/journal/journal-suite.test-support.ts";

const sectorBytes = 512;
const commits = 12;

/** What a disk may hold of a file: each sector as it was synced, or as it was written since. */
function torn(synced: Buffer, written: Buffer, random: () => number): Buffer {
  const longer = Math.max(synced.length, written.length);
  const disk = Buffer.alloc(longer);
  synced.copy(disk);
  // All of it and nothing of it are possible, too.
  const share = Math.min(1, Math.max(0, 2 * random() - 0.5));
  for (let at = 0; at < written.length; at += sectorBytes) {
    if (random() < share) written.copy(disk, at, at, Math.min(at + sectorBytes, written.length));
  }
  return disk.subarray(0, Math.ceil(synced.length + Math.min(1, 2 * random()) * (longer - synced.length)));
}

test.each([
  // Of the last one it is not known yet whether it is safe: nobody was told.
  ["always", commits - 1],
  ["interval", 5],
  ["none", 0],
] as const)(
  "a power loss with durability %s takes nothing that was synced, and no change by half",
  (durability, safe) => {
    const left = new Set<number>();
    for (let seed = 1; seed <= 20; seed++) {
      using journal = new JournalDirectory();
      const syncsCommits = durability === "always";
      const served = openJournalFile({ directory: journal.path, syncsCommits, now: 1 });
      const group = new GroupCommit({ ...served, durability });
      const files = () => [journal.file, `${journal.file}-wal`].map((path) => readFileSync(path));
      let synced = files();
      for (let number = 1; number <= commits; number++) {
        const accepted = [sampleBatch(2 * number - 1), sampleBatch(2 * number)];
        group.commit([changeToRows({ ...noChange, accepted, removed: [2 * number - 3] }, journal.clock)]);
        if (durability === "interval" && number === safe) group.sync();
        if (number === safe) synced = files();
      }
      const written = files();
      served.file.abandon();
      const random = seededRandom(seed);
      using disk = new JournalDirectory();
      for (const [index, suffix] of ["", "-wal"].entries()) {
        const [before, after] = [synced[index], written[index]];
        if (before !== undefined && after !== undefined)
          writeFileSync(`${disk.file}${suffix}`, torn(before, after, random));
      }
      const numbers = disk.read().batches.map(({ batch }) => batch.number);
      const last = (numbers.at(-1) ?? 0) / 2;
      left.add(last);
      expect(last, `seed ${seed}`).toBeGreaterThanOrEqual(safe);
      const whole = Array.from({ length: last }, (_, index) => 2 * (index + 1));
      expect(numbers, `seed ${seed}`).toEqual(last === 0 ? [] : whole.toSpliced(-1, 0, 2 * last - 1));
    }
    // Something was at stake.
    expect(left.size).toBeGreaterThan(1);
  },
);
