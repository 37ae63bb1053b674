/** `bench journal`: how fast a journal takes tasks, how long its commits take, and how long the event loop stands still. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Durability, GroupCommit, StorageFaults } from "@tq/common/sqlite";
import { Command, Option } from "commander";
import type { JournalChange } from "../../../packages/ventilator/src/core/journal/journal-port.ts";
import { Journal } from "../../../packages/ventilator/src/journal/journal.ts";
import { openJournalFile } from "../../../packages/ventilator/src/journal/journal-file.ts";
import { changeToRows } from "../../../packages/ventilator/src/journal/journal-rows.ts";
import { WallClock } from "../../../packages/ventilator/src/journal/wall-clock.ts";
import { changesOf, type Load } from "./journal-load.ts";

interface JournalBenchOptions {
  readonly tasks: string;
  readonly batch: string;
  readonly perChange: string;
  readonly live: string;
  readonly slow: string;
  readonly durability: Durability;
  readonly thread: boolean;
  readonly directory?: string;
}

/** Changes on their way: as many as turns pass during a commit. */
const inFlightMax = 8;

interface Written {
  /** Resolves when it is safe. */
  write(change: JournalChange): Promise<void>;
  close(): Promise<void>;
}

export const journalCommand = new Command("journal")
  .description("what a journal costs")
  .option("--tasks <n>", "tasks through it", "1000000")
  .option("--batch <n>", "tasks per batch", "256")
  .option("--per-change <n>", "batches per change", "4")
  .option("--live <n>", "unsettled batches at any time", "400")
  .option("--slow <ms>", "how much longer each commit takes", "0")
  .addOption(new Option("--durability <when>").choices(["always", "interval", "none"]).default("always"))
  .option("--no-thread", "commit on the main thread")
  .option("--directory <dir>", "where the journal is (default: a temporary one)")
  .action(async (options: JournalBenchOptions) => {
    process.stdout.write(`${JSON.stringify(await measure(options))}\n`);
  });

async function measure(options: JournalBenchOptions): Promise<Record<string, unknown>> {
  const directory = mkdtempSync(join(options.directory ?? tmpdir(), "tq-journal-bench-"));
  const faults = new StorageFaults();
  const open = options.thread ? openThreaded : openInline;
  const journal = await open(directory, { durability: options.durability, faults });
  faults.slowMs = Number(options.slow);
  const load: Load = {
    tasks: Number(options.tasks),
    batchTasks: Number(options.batch),
    batchesPerChange: Number(options.perChange),
    liveBatches: Number(options.live),
  };
  const stalls = monitorEventLoopDelay({ resolution: 1 });
  stalls.enable();
  const startedAt = performance.now();
  const { commitMs, fileBytesMax } = await writeAll(journal, load, join(directory, "journal.db"));
  const seconds = (performance.now() - startedAt) / 1000;
  stalls.disable();
  const { commits } = faults;
  await journal.close();
  const { size } = statSync(join(directory, "journal.db"));
  rmSync(directory, { recursive: true });
  return {
    ...load,
    durability: options.durability,
    thread: options.thread,
    slowMs: Number(options.slow),
    tasksPerSecond: Math.round(load.tasks / seconds),
    commits,
    commitMs,
    loopStallMs: { p99: ms(stalls.percentile(99)), max: ms(stalls.max) },
    fileBytesMax,
    fileBytesAtEnd: size,
  };
}

const ms = (nanoseconds: number): number => Math.round(nanoseconds / 10_000) / 100;

async function writeAll(
  journal: Written,
  load: Load,
  file: string,
): Promise<{ commitMs: Record<string, number>; fileBytesMax: number }> {
  const waits = createHistogram();
  const inFlight = new Set<Promise<void>>();
  let fileBytesMax = 0;
  let changes = 0;
  for (const change of changesOf(load)) {
    const askedAt = performance.now();
    const written = journal.write(change).then(() => {
      waits.record(Math.max(1, Math.round((performance.now() - askedAt) * 1e6)));
      inFlight.delete(written);
    });
    inFlight.add(written);
    changes += 1;
    if (changes % 100 === 0) fileBytesMax = Math.max(fileBytesMax, statSync(file).size + walBytes(file));
    if (inFlight.size >= inFlightMax) await Promise.race(inFlight);
    else await nextTurn();
  }
  await Promise.all(inFlight);
  return {
    commitMs: { p50: ms(waits.percentile(50)), p99: ms(waits.percentile(99)), max: ms(waits.max) },
    fileBytesMax,
  };
}

const walBytes = (file: string): number => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;

interface OpenOptions {
  readonly durability: Durability;
  readonly faults: StorageFaults;
}

async function openThreaded(directory: string, { durability, faults }: OpenOptions): Promise<Written> {
  const { journal } = await Journal.open(
    { directory, durability },
    { monotonicNow: () => performance.now(), faults },
  );
  const waiting: { number: number; resolve: () => void }[] = [];
  const fail = (reason: string) => () => {
    throw new Error(`the journal ${reason}`);
  };
  journal.listen({
    written: (number) => {
      while ((waiting[0]?.number ?? number + 1) <= number) waiting.shift()?.resolve();
    },
    full: fail("is full"),
    failed: fail("has failed"),
  });
  let last = 0;
  return {
    write: (change) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      last += 1;
      waiting.push({ number: last, resolve });
      journal.write(last, change);
      return promise;
    },
    close: () => journal.close(),
  };
}

async function openInline(directory: string, { durability, faults }: OpenOptions): Promise<Written> {
  const served = openJournalFile({ directory, syncsCommits: durability === "always", now: Date.now() });
  const commits = new GroupCommit({ ...served, durability, faults });
  const clock = new WallClock(() => performance.now());
  return {
    write: async (change) => {
      commits.commit([changeToRows(change, clock)]);
      commits.tidy();
    },
    close: async () => {
      while (commits.tidyIdle());
      served.file.close();
    },
  };
}
