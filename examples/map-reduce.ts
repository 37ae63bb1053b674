/**
 * Map and reduce: counts the words of all text files below a folder. Workers count file by file; what they give is added
 * up here, no matter in which order it comes.
 *
 *   node examples/map-reduce.ts [FOLDER]
 */
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineTask, handler, startLocal } from "@tq/local";
import { z } from "zod";

const countWords = defineTask({
  name: "text.count-words",
  input: z.object({ path: z.string() }),
  output: z.map(z.string(), z.int()),
});

const counting = handler(countWords, async ({ path }) => {
  const text = await readFile(path, "utf8");
  const counts = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
});

/** Found while the first ones are being counted already: a folder may hold any number of files. */
async function* textsBelow(folder: string) {
  for await (const name of glob("**/*.{md,txt}", { cwd: folder, exclude: ["**/node_modules"] })) {
    yield { path: join(folder, name) };
  }
}

await using tq = await startLocal({ handlers: [counting], workers: 2, concurrency: 4 });

const totals = new Map<string, number>();
let files = 0;
// Each file for itself: one that cannot be read costs its words, and not the whole.
for await (const { outcome } of tq.mapSettled(countWords, textsBelow(process.argv[2] ?? "."))) {
  if (outcome.status !== "completed") {
    console.log(`left out: ${"error" in outcome ? outcome.error.message : outcome.status}`);
    continue;
  }
  files += 1;
  for (const [word, count] of outcome.output) totals.set(word, (totals.get(word) ?? 0) + count);
}

const words = [...totals.values()].reduce((sum, count) => sum + count, 0);
console.log(`${words} words, ${totals.size} of them different, in ${files} files`);
const most = [...totals].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, 5);
for (const [word, count] of most) console.log(`${word} ${count}`);
