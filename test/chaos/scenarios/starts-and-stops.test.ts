/** Every role started, used and stopped, again and again, in one process. */
import { readdirSync } from "node:fs";
import { handler } from "@tq/common";
import { startProducer } from "@tq/producer";
import { startSink } from "@tq/sink";
import { startVentilator } from "@tq/ventilator";
import { startWorker } from "@tq/worker";
import { expect, test } from "vitest";
import { square } from "../../integration/fixtures/tasks.ts";
import { CapturedLog } from "../../integration/support/captured-log.ts";
import { anyPort, waitOptions } from "../../integration/support/cluster.ts";
import { span } from "../support/spans.ts";

/** Of four starts and stops each. */
const rounds = span(125, 15);
/** Whatever is opened once and kept is open by then. */
const warmUpRounds = 5;

const { log } = new CapturedLog();
const squaring = handler(square, (n: number) => n * n);

async function round(): Promise<void> {
  const sink = await startSink({ bind: anyPort, log });
  const { endpoint } = sink;
  const ventilator = await startVentilator({ workers: anyPort, producers: anyPort, sinks: [endpoint], log });
  const { workers, producers = "" } = ventilator.endpoints;
  const worker = await startWorker({ ventilators: [workers], handlers: [squaring], log });
  const producer = await startProducer({ ventilators: [producers], log });
  expect(await producer.run(square, 7)).toBe(49);
  await Promise.all([producer.close(), worker.close(), ventilator.close(), sink.close()]);
}

const open = (what: "fd" | "task"): number => readdirSync(`/proc/self/${what}`).length;

test("five hundred starts and stops (sixty in short) leave no descriptor and no thread behind", async () => {
  for (let count = 0; count < warmUpRounds; count++) await round();
  const before = { descriptors: open("fd"), threads: open("task") };
  for (let count = 0; count < rounds; count++) await round();
  await expect.poll(() => open("fd"), waitOptions).toBeLessThanOrEqual(before.descriptors);
  await expect.poll(() => open("task"), waitOptions).toBeLessThanOrEqual(before.threads);
});
