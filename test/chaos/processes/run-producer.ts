/**
 * A producer that submits numbers at a steady pace, and writes down which were accepted: that file, synced, is one side of
 * the accounts.
 */
import { open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { isTqError } from "@tq/common";
import { startProducer } from "@tq/producer";
import type { ProducerSettings } from "./role-options.ts";
import { log, type RunningRole } from "./running-role.ts";
import { work } from "./work.ts";

/** Submissions are made this often, each for the tasks that have become due. */
const everyMs = 20;

/** Not accepted yet; beyond it the producer waits, as anybody would. */
const waitingMax = 2_000;

export async function runProducer(settings: ProducerSettings): Promise<RunningRole> {
  const { name, ventilators, accepted: path, tasksPerSecond } = settings;
  const producer = await startProducer({ name, ventilators, log, timeoutMs: 60_000 });
  await using file = new AsyncDisposableStack();
  const ledger = await open(path, "a");
  file.defer(() => ledger.close());
  const counts = { accepted: 0, rejected: 0, unknown: 0 };
  const waiting = new Set<Promise<void>>();
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  let isStopping = false;
  let lines = "";
  let written = Promise.resolve();
  /** One sync serves all that was accepted since the last one. */
  const write = (): Promise<void> => {
    written = written.then(async () => {
      const text = lines;
      lines = "";
      if (text === "") return;
      await ledger.write(text);
      await ledger.datasync();
      counts.accepted += text.split("\n").length - 1;
    });
    return written;
  };
  const submit = async (input: number): Promise<void> => {
    try {
      const { taskId } = await producer.submit(work, input);
      lines += `${taskId} ${input}\n`;
      await write();
    } catch (error) {
      if (isTqError(error, "TQ_ERR_UNKNOWN_OUTCOME")) counts.unknown += 1;
      else counts.rejected += 1;
    }
  };
  const submitAll = async (): Promise<void> => {
    // Far apart for each start.
    let input = Date.now() * 1_000;
    while (!isStopping) {
      const due = Math.floor(Math.min(waitingMax - waiting.size, (tasksPerSecond * everyMs) / 1_000));
      if (due > 0) await ledger.write(`submitted ${due}\n`);
      for (let count = 0; count < due; count++) {
        input += 1;
        const submitted = submit(input);
        waiting.add(submitted);
        void submitted.finally(() => waiting.delete(submitted));
      }
      await Promise.race([pause(everyMs), stopped]);
    }
    await Promise.all(waiting);
    await write();
  };
  const ledgerLife = file.move();
  const submitting = submitAll();
  const unsettled = (): number =>
    producer.stats().ventilators.reduce((sum, ventilator) => sum + ventilator.unsettled, 0);
  return {
    endpoints: {},
    counts: () => ({ ...counts, unsettled: unsettled() }),
    finish: async () => {
      isStopping = true;
      stop();
      await submitting;
    },
    leave: async () => {
      await producer.close();
      await ledgerLife.disposeAsync();
    },
    closed: submitting.then(() => producer.closed),
  };
}
