import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineTask, type } from "@tq/common";
import { createLogger } from "@tq/common/node";
import { StorageFaults } from "@tq/common/sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { JournalOptions } from "../../packages/ventilator/src/journal/journal-options.ts";
import type { VentilatorOptions } from "../../packages/ventilator/src/options.ts";
import { startVentilator } from "../../packages/ventilator/src/ventilator.ts";
import type { Ventilator } from "../../packages/ventilator/src/ventilator-interface.ts";

const square = defineTask({ name: "math.square", input: type<number>(), output: type<number>() });
const log = createLogger("test", { level: "silent" });
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "tq-journal-"));
});
afterEach(async () => {
  for (const ventilator of running.splice(0)) await ventilator.close();
  await rm(directory, { recursive: true });
});

const running: Ventilator[] = [];

async function start(options: { faults?: StorageFaults; journal?: Partial<JournalOptions> } = {}) {
  const events: string[] = [];
  const ventilator = await startVentilator(
    {
      workers: "tcp://127.0.0.1:*",
      sinks: ["ipc:///nobody/is/here"],
      journal: { directory, ...options.journal },
      log,
    },
    {
      faults: options.faults,
      onEvent: ({ type }) => {
        if (type.startsWith("journal.")) events.push(type);
      },
    },
  );
  running.push(ventilator);
  return { ventilator, events };
}

test.each(["always", "interval", "none"] as const)(
  "a start takes up what the one before had accepted (%s)",
  async (durability) => {
    const first = await start({ journal: { durability } });
    await first.ventilator.submit(square, 7);
    await first.ventilator.submitMany(square, [8, 9]);
    await first.ventilator.close();
    const second = await start({ journal: { durability } });
    expect(second.ventilator.stats().unsettled).toBe(3);
    // What is accepted by now waits behind what was there.
    await second.ventilator.submit(square, 10);
    await second.ventilator.close();
    expect((await start()).ventilator.stats().unsettled).toBe(4);
  },
);

test("two ventilators cannot have the same journal", async () => {
  const { ventilator } = await start();
  await expect(start()).rejects.toMatchObject({ code: "TQ_ERR_STORAGE_LOCKED" });
  await ventilator.close();
  await start();
});

test("nothing is accepted before it is written, and the event loop turns meanwhile", async () => {
  const faults = new StorageFaults();
  const { ventilator } = await start({ faults });
  faults.slowMs = 60_000;
  const commits = faults.commits;
  let isAccepted = false;
  const accepted = ventilator.submit(square, 7).then(() => {
    isAccepted = true;
  });
  await vi.waitFor(() => expect(faults.commits).toBe(commits + 1));
  expect(isAccepted).toBe(false);
  faults.slowMs = 0;
  await accepted;
});

test("a full disk refuses tasks, and they are accepted again when there is room", async () => {
  const faults = new StorageFaults();
  const { ventilator, events } = await start({ faults });
  await ventilator.submit(square, 1);
  faults.fault = "full";
  const refused = { code: "TQ_ERR_STORAGE_FULL" };
  await expect(ventilator.submit(square, 2)).rejects.toMatchObject(refused);
  await expect(ventilator.submit(square, 3)).rejects.toMatchObject(refused);
  faults.fault = "none";
  await vi.waitFor(() => ventilator.submit(square, 4), 5_000);
  expect(events).toEqual(["journal.full", "journal.writable"]);
  await ventilator.close();
  expect((await start()).ventilator.stats().unsettled).toBe(2);
});

test("a failed sync ends the ventilator: what waits is in doubt, and `closed` says why", async () => {
  const faults = new StorageFaults();
  const { ventilator, events } = await start({ faults });
  await ventilator.submit(square, 1);
  faults.fault = "failed-sync";
  await expect(ventilator.submit(square, 2)).rejects.toMatchObject({ code: "TQ_ERR_UNKNOWN_OUTCOME" });
  await expect(ventilator.closed).rejects.toMatchObject({ code: "TQ_ERR_STORAGE_FAILED" });
  expect(events).toEqual(["journal.failed"]);
  await expect(ventilator.submit(square, 3)).rejects.toMatchObject({ code: "TQ_ERR_CLOSED" });
  await ventilator.close();
  expect((await start()).ventilator.stats().unsettled).toBe(1);
});

test("closing waits for the last sync", async () => {
  const faults = new StorageFaults();
  const { ventilator } = await start({ faults });
  faults.slowMs = 60_000;
  const commits = faults.commits;
  void ventilator.submit(square, 7).catch(() => {});
  await vi.waitFor(() => expect(faults.commits).toBe(commits + 1));
  let isClosed = false;
  const closed = ventilator.close().then(() => {
    isClosed = true;
  });
  await expect(start()).rejects.toMatchObject({ code: "TQ_ERR_STORAGE_LOCKED" });
  expect(isClosed).toBe(false);
  faults.slowMs = 0;
  await closed;
  await start();
});

test.each([
  [{ directory: "" }, /journal\.directory is the path of a folder; got ""/],
  [{ directory: "x", durability: "sometimes" }, /journal\.durability is one of always, interval, none/],
  [{ directory: "x", fsync: true }, /fsync/],
  ["x", /journal is \{ directory, durability \}/],
])("%j is refused as a journal", async (journal, message) => {
  const options = { workers: "tcp://127.0.0.1:*", journal } as unknown as VentilatorOptions;
  await expect(startVentilator(options)).rejects.toMatchObject({
    code: "TQ_ERR_INVALID_OPTION",
    message: expect.stringMatching(message),
  });
});
