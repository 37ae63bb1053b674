import { readFileSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { seededRandom } from "@tq/common/transport";
import { expect, test } from "vitest";
import {
  applyChange,
  contentsOf,
  emptyJournal,
  noChange,
} from "../../packages/ventilator/src/core/journal/journal-state.ts";
import { JournalDirectory } from "../../packages/ventilator/src/journal/journal-directory.test-support.ts";
import {
  sampleBatch,
  sampleOrigin,
} from "../../packages/ventilator/src/journal/journal-suite.test-support.ts";
import { salvageJournal } from "../../packages/ventilator/src/journal/salvage-journal.ts";
import { showJournal } from "../../packages/ventilator/src/journal/show-journal.ts";

const batches = 200;
const origin = {
  origin: sampleOrigin,
  owner: { bootId: undefined, name: "me" },
  isHandedOn: false,
  isLeft: false,
  settled: [1, 3],
};
const progress = { number: 7, sink: undefined, settled: [0, 1], parts: [], troubles: [] };
const filled = {
  ...noChange,
  accepted: Array.from({ length: batches }, (_, index) => sampleBatch(index + 1)),
  progress: [progress],
  origins: [origin],
};

function damagedJournal(damage: (bytes: Buffer) => void): JournalDirectory {
  const directory = new JournalDirectory();
  directory.write(filled);
  const bytes = readFileSync(directory.file);
  damage(bytes);
  writeFileSync(directory.file, bytes);
  return directory;
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "none";
  } catch (error) {
    return `${(error as { code?: unknown }).code}`;
  }
};

const marker = Buffer.from("math.square");

test("a journal that has become empty is refused, one that was only begun is not", () => {
  using directory = damagedJournal(() => {});
  writeFileSync(directory.file, "");
  expect(codeOf(() => directory.read())).toBe("TQ_ERR_STORAGE_CORRUPT");
  using begun = new JournalDirectory();
  writeFileSync(begun.file, "");
  expect(begun.read().batches).toEqual([]);
});

test("a flipped bit in a payload is refused with the row that it is in, and the rest can be saved", () => {
  using directory = damagedJournal((bytes) => {
    // Somewhere in the middle; what follows the name is the rest of that batch's header.
    const at = bytes.indexOf(marker, bytes.length / 2);
    bytes[at + marker.length + 5] = (bytes[at + marker.length + 5] ?? 0) ^ 4;
  });
  const [, number] =
    /the row of batches with number (\d+) is not what was written/.exec(messageOf(() => directory.read())) ??
    [];
  expect(Number(number)).toBeGreaterThan(0);
  expect(codeOf(() => directory.read())).toBe("TQ_ERR_STORAGE_CORRUPT");
  using saved = new JournalDirectory();
  expect(salvageJournal(directory.path, saved.path)).toMatchObject({
    saved: { batches: batches - 1, progress: 1, origins: 1 },
    savedTasks: (batches - 1) * 2,
    lost: [{ table: "batches", key: `number ${number}`, reason: "it is not what was written", tasks: 2 }],
  });
  const { batches: rest } = saved.read();
  expect(rest.map(({ batch }) => batch.number)).toEqual(
    filled.accepted.map((batch) => batch.number).filter((other) => other !== Number(number)),
  );
});

test("a page of zeros is refused with its place, and what is on other pages can be saved", () => {
  const pageBytes = 4096;
  using directory = damagedJournal((bytes) => {
    const row = bytes.indexOf(marker, bytes.length / 2);
    const page = row - (row % pageBytes);
    bytes.fill(0, page, page + pageBytes);
  });
  expect(codeOf(() => directory.read())).toBe("TQ_ERR_STORAGE_CORRUPT");
  expect(messageOf(() => directory.read())).toMatch(
    /journal\.db is damaged: batches page \d+.*tq journal salvage/,
  );
  using saved = new JournalDirectory();
  const report = salvageJournal(directory.path, saved.path);
  expect(report.saved.batches).toBeGreaterThan(batches / 2);
  expect(report.saved.batches).toBeLessThan(batches);
  expect(report.lost).not.toEqual([]);
  expect(saved.read().batches).toHaveLength(report.saved.batches);
});

test("whatever byte is wrong: refused, or nothing that was written is lost", () => {
  using intact = new JournalDirectory();
  intact.write(filled);
  const model = emptyJournal();
  applyChange(model, filled);
  const random = seededRandom(1);
  const { size } = statSync(intact.file);
  const bytes = readFileSync(intact.file);
  const ends: Record<string, number> = {};
  for (let run = 0; run < 40; run++) {
    using directory = new JournalDirectory(intact.clock);
    const copy = Buffer.from(bytes);
    const at = Math.floor(random() * size);
    copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    writeFileSync(directory.file, copy);
    const code = codeOf(() => {
      const { batches, ...rest } = directory.read();
      const expected = contentsOf(model);
      expect({ count: batches.length, ...rest }).toEqual({ ...expected, batches: undefined, count: 200 });
    });
    ends[code] = (ends[code] ?? 0) + 1;
  }
  const { TQ_ERR_STORAGE_CORRUPT: refused = 0, none = 0, ...other } = ends;
  expect(other).toEqual({});
  expect(refused).toBeGreaterThan(12);
  expect(none).toBeGreaterThan(0);
});

test("a journal of a later version is refused, to its writer, its readers and to salvage", () => {
  using directory = new JournalDirectory();
  using saved = new JournalDirectory();
  directory.write(filled);
  const database = new DatabaseSync(directory.file);
  database.exec("PRAGMA user_version = 1000");
  database.close();
  for (const use of [
    () => directory.read(),
    () => showJournal(directory.path),
    () => salvageJournal(directory.path, saved.path),
  ]) {
    expect(codeOf(use)).toBe("TQ_ERR_STORAGE_VERSION");
    expect(messageOf(use)).toMatch(/it has format 1000, and this version of tq knows up to/);
  }
});

test("a file of something else is refused, and left as it is", () => {
  using directory = new JournalDirectory();
  const database = new DatabaseSync(directory.file);
  database.exec("CREATE TABLE mine (a); PRAGMA journal_mode = DELETE");
  database.close();
  const before = readFileSync(directory.file);
  expect(codeOf(() => directory.read())).toBe("TQ_ERR_STORAGE_CORRUPT");
  expect(readFileSync(directory.file).equals(before)).toBe(true);
  writeFileSync(directory.file, "not a database at all, and long enough to be taken for one".repeat(20));
  expect(codeOf(() => directory.read())).toBe("TQ_ERR_STORAGE_CORRUPT");
});

test("salvage never writes over a journal", () => {
  using directory = new JournalDirectory();
  directory.write(filled);
  expect(codeOf(() => salvageJournal(directory.path, directory.path))).toBe("TQ_ERR_INVALID_OPTION");
});

function messageOf(run: () => unknown): string {
  try {
    run();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}
