/** A kind of file for tests, in a thread: one table of texts. */
import { isMainThread } from "node:worker_threads";
import { type FileKind, openForWriting } from "./open-database.ts";
import { type ServedFile, serveStorage } from "./serve-storage.ts";

export const sampleKind: FileKind = {
  noun: "sample",
  applicationId: 0x7471_0001,
  steps: [
    (database) => database.exec("CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"),
  ],
};

export interface SampleTypes {
  readonly settings: { readonly file: string };
  readonly opened: { readonly wasClosed: boolean };
  readonly content: string;
  /** Texts to add; as a number, how many of the first to remove. */
  readonly change: readonly string[] | number;
  readonly query: "count" | "sum of nothing";
  readonly answer: number;
}

export function openSample({ file: path }: SampleTypes["settings"]): ServedFile<SampleTypes> {
  const file = openForWriting({
    file: path,
    kind: sampleKind,
    syncsCommits: true,
    check: "after-unclean-end",
  });
  const { database } = file;
  const insert = database.prepare("INSERT INTO texts (text) VALUES (?)");
  const remove = database.prepare("DELETE FROM texts WHERE id IN (SELECT id FROM texts ORDER BY id LIMIT ?)");
  return {
    file,
    opened: { wasClosed: file.wasClosed },
    *contents() {
      for (const row of database.prepare("SELECT text FROM texts ORDER BY id").iterate()) {
        yield { value: String(row.text) };
      }
    },
    write: (change) => {
      if (typeof change === "number") return Number(remove.run(change).changes);
      for (const text of change) insert.run(text);
      return change.join("").length;
    },
    answer: (query) => {
      const sql = query === "count" ? "SELECT count(*) AS n FROM texts" : "SELECT n FROM nothing";
      return { value: Number(database.prepare(sql).get()?.n) };
    },
  };
}

if (!isMainThread) serveStorage(openSample);
