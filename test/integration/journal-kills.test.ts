import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { seededRandom } from "@tq/common/transport";
import { expect, test } from "vitest";
import { JournalDirectory } from "../../packages/ventilator/src/journal/journal-directory.test-support.ts";

const writer = join(import.meta.dirname, "fixtures/journal-writer.ts");
const kept = 20;

/** Lets it write until `count` more are safe, kills it, and gives the last one that it had said was. */
async function writeAndKill(directory: JournalDirectory, durability: string, count: number): Promise<number> {
  const child = spawn(process.execPath, [writer, directory.path, durability], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let last = 0;
  let left = count;
  for await (const line of createInterface(child.stdout)) {
    last = Number(line);
    left -= 1;
    if (left <= 0) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  expect(child.signalCode).toBe("SIGKILL");
  return last;
}

test.each(["always", "interval", "none"])(
  "of a process that is killed again and again nothing that was safe is missing, and no change is there by half (%s)",
  async (durability) => {
    using directory = new JournalDirectory();
    const random = seededRandom(7);
    for (let round = 0; round < 3; round++) {
      const safe = await writeAndKill(directory, durability, Math.ceil(random() * 60));
      const { batches } = directory.read();
      const numbers = batches.map(({ batch }) => batch.number);
      const newest = numbers.at(-1) ?? 0;
      expect(newest).toBeGreaterThanOrEqual(safe);
      expect(numbers).toEqual(
        Array.from(
          { length: Math.min(kept, newest) },
          (_, index) => newest - Math.min(kept, newest) + 1 + index,
        ),
      );
      expect(batches.map(({ progress }) => progress?.number)).toEqual(numbers);
    }
  },
);

test("two processes cannot have the same journal, and a killed one leaves no lock", async () => {
  using directory = new JournalDirectory();
  const child = spawn(process.execPath, [writer, directory.path, "always"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  expect(() => directory.read()).toThrow(/is in use by another process/);
  child.stdout.resume();
  child.kill("SIGKILL");
  await once(child, "close");
  expect(directory.read().batches.length).toBeGreaterThan(0);
});
