import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { noChange } from "../../packages/ventilator/src/core/journal/journal-state.ts";
import { JournalDirectory } from "../../packages/ventilator/src/journal/journal-directory.test-support.ts";
import { sampleBatch } from "../../packages/ventilator/src/journal/journal-suite.test-support.ts";
import { anyPort, killAll, startTq, tq } from "./tq-process.ts";

afterEach(killAll);

const mainFile = join(import.meta.dirname, "../../packages/cli/src/main.ts");
const endpoints = ["--workers", anyPort, "--producers", anyPort, "--sink", "ipc:///nobody/is/here"];

async function startVentilator(...words: string[]) {
  const ventilator = startTq(["ventilator", ...endpoints, ...words]);
  const { producers = "" } = await ventilator.ready();
  return { ventilator, producers };
}

test("a ventilator that is killed takes its tasks up again, and its journal can be looked into meanwhile", async () => {
  using directory = new JournalDirectory();
  const words = ["--journal", directory.path, "--durability", "always"];
  const first = await startVentilator(...words);
  const input = Array.from({ length: 500 }, (_, index) => `${index}\n`).join("");
  const submitted = await tq(["submit", "square", "-", "--ventilator", first.producers], { input });
  expect(JSON.parse(submitted.stdout)).toMatchObject({ accepted: 500 });
  first.ventilator.signal("SIGKILL");
  await first.ventilator.ended;
  const second = await startVentilator(...words);
  const shown = await tq(["journal", "show", directory.path, "--json"]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ byTask: { square: { waiting: 500 } } });
  const forPeople = await tq(["journal", "show", directory.path]);
  expect(forPeople.stdout).toMatch(
    /^task +waiting +scheduled +settling\nsquare +500 +0 +0\nall +500 +0 +0$/m,
  );

  const third = await tq(["ventilator", ...endpoints, ...words]);
  expect(third.exitCode).toBe(2);
  expect(third.stderr).toMatch(
    /^tq: TQ_ERR_STORAGE_LOCKED: the journal .*journal\.db is in use by another process\n$/,
  );
  second.ventilator.killGroup();
});

test("a damaged journal is refused with the way out, and what is left of it is saved", async () => {
  using directory = new JournalDirectory();
  using saved = new JournalDirectory();
  directory.write({ ...noChange, accepted: [sampleBatch(1), sampleBatch(2), sampleBatch(3)] });
  const bytes = readFileSync(directory.file);
  const at = bytes.indexOf("math.square") + 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(directory.file, bytes);
  const refused = await tq(["ventilator", ...endpoints, "--journal", directory.path]);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(
    /TQ_ERR_STORAGE_CORRUPT: .*batches with number \d.*tq journal salvage DIR --to/,
  );

  const salvage = await tq(["journal", "salvage", directory.path, "--to", saved.path]);
  expect(salvage.exitCode).toBe(1);
  expect(salvage.stdout).toMatch(
    /saved 4 tasks in 2 batches\nlost: batches, number \d \(2 tasks\): it is not/,
  );
  const again = await tq(["journal", "salvage", saved.path, "--to", join(saved.path, "again"), "--json"]);
  expect(again.exitCode).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ savedTasks: 4, lost: [] });
});

test("a disk that fails ends the ventilator with 1 and the reason, and what was accepted is there", async () => {
  using directory = new JournalDirectory();
  const words = ["ventilator", ...endpoints, "--journal", directory.path];
  // No file may grow beyond some hundred KB: writing fails as on a broken disk, not as on a full one.
  const limited = ["-c", 'ulimit -f 400; exec "$@"', "sh", process.execPath, mainFile, ...words];
  const ventilator = spawn("sh", limited, { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  ventilator.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [ready] = await once(ventilator.stdout.setEncoding("utf8"), "data");
  const { producers } = JSON.parse(`${ready}`.replace("ready ", ""));
  const submit = (input: string) =>
    tq(["submit", "square", "-", "--ventilator", producers, "--timeout", "3s"], { input });
  expect(JSON.parse((await submit("1\n2\n")).stdout)).toMatchObject({ accepted: 2 });
  const ended = once(ventilator, "close");
  const { exitCode } = await submit(`"${"x".repeat(1_000_000)}"\n`);
  expect(exitCode).not.toBe(0);
  expect(await ended).toEqual([1, null]);
  expect(stderr).toMatch(/"event":"journal\.failed"/);
  expect(stderr).toMatch(
    /\ntq: TQ_ERR_STORAGE_FAILED: the journal .* cannot be read or written: disk I\/O error/,
  );
  expect(directory.read().batches.flatMap(({ batch }) => batch.submission.ids.runs[2])).toEqual([2]);
});

test.each([
  [["journal", "show", "/nothing/here"], 1, /STORAGE_FAILED: there is no journal .*here.journal\.db/],
  [
    ["ventilator", "--workers", anyPort, "--durability", "none"],
    2,
    /INVALID_OPTION: --durability .* --journal/,
  ],
  [
    ["ventilator", "--workers", anyPort, "--journal", "x", "--durability", "sometimes"],
    2,
    /INVALID_OPTION: .*always/,
  ],
])("%j is refused", async (words, exitCode, message) => {
  const end = await tq(words);
  expect(end).toMatchObject({ exitCode, stderr: expect.stringMatching(message) });
});
