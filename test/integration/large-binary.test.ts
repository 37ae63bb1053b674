/** Video frames through real sockets: in order, untouched, and never more of them in memory than credit allows. */
import { defineTask, handler, type } from "@tq/common";
import { startLocal } from "@tq/local";
import type { Sink } from "@tq/sink";
import { startVentilator } from "@tq/ventilator";
import { startWorker } from "@tq/worker";
import { describe, expect, test, vi } from "vitest";
import { CapturedLog } from "./support/captured-log.ts";
import { anyPort, Cluster, waitOptions } from "./support/cluster.ts";

const KiB = 1024;
const frameBytes = 512 * KiB;
const count = 400;

interface Frame {
  readonly number: number;
  readonly pixels: Uint16Array;
}

const brighten = defineTask({ name: "brighten", input: type<Frame>(), output: type<Frame>() });
const brightening = handler(brighten, ({ number, pixels }) => ({
  number,
  pixels: pixels.map((pixel) => pixel + 1),
}));

/** Numbered in its first, last and middle pixel. */
function frame(number: number): Frame {
  const pixels = new Uint16Array(frameBytes / 2);
  for (const at of [0, pixels.length / 2, pixels.length - 1]) pixels[at] = number;
  return { number, pixels };
}

function* frames(total = count): Generator<Frame> {
  for (let number = 0; number < total; number++) yield frame(number);
}

const marksOf = ({ pixels }: Frame): (number | undefined)[] => [
  pixels[0],
  pixels[pixels.length / 2],
  pixels.at(-1),
];
const brightened = (number: number) => Array.from({ length: 3 }, () => number + 1);

/** The most that was seen of each figure. */
class Peaks {
  readonly of: Record<string, number> = {};

  see(figures: Record<string, number>): void {
    for (const [name, figure] of Object.entries(figures)) {
      this.of[name] = Math.max(this.of[name] ?? 0, figure);
    }
  }
}

describe("frames", () => {
  const unsettledBytesMax = 16 * frameBytes;
  const windowBytesMax = 4 * frameBytes;
  const uncommittedBytesMax = 4 * frameBytes;
  const waitingBytesMax = 8 * frameBytes;
  const limits = { windowBytesMax, uncommittedBytesMax };
  /** A value is a little larger than its pixels. */
  const about = 1.01;

  test("through map come back in order, and a loop that stands still is waited for within the bytes of the ventilator", async () => {
    await using cluster = await Cluster.start({ ventilator: { unsettledBytesMax } });
    const { role: worker } = await cluster.worker({ handlers: [brightening], concurrency: 2, ...limits });
    const { ventilator } = cluster;
    const peaks = new Peaks();
    let taken = 0;
    for await (const { number, pixels } of ventilator.map(brighten, frames(), { inFlight: count })) {
      expect(number).toBe(taken);
      expect(marksOf({ number, pixels })).toEqual(brightened(number));
      if (taken % 50 === 0) await vi.waitFor(() => expect(worker.stats().running).toBe(0), waitOptions);
      peaks.see({
        unsettled: ventilator.stats().unsettledBytes,
        uncommitted: worker.stats().uncommittedBytes,
      });
      taken += 1;
    }
    expect(taken).toBe(count);
    expect(peaks.of.unsettled).toBeGreaterThan(frameBytes);
    // One more task may go as long as a byte is left.
    expect(peaks.of.unsettled).toBeLessThan(unsettledBytesMax + about * frameBytes);
    expect(peaks.of.uncommitted).toBeLessThan(uncommittedBytesMax + 2 * about * frameBytes);
    await cluster.expectRest();
  });

  test("to a sink whose loop stands still fill what it has room for, and from there back to the producer", async () => {
    await using cluster = await Cluster.start();
    const sink: Sink = await cluster.startSink({ waitingBytesMax });
    const { role: ventilator } = await cluster.startVentilator({ sinks: [sink.endpoint], unsettledBytesMax });
    const { role: worker } = await cluster.worker({
      handlers: [brightening],
      ventilators: [ventilator.endpoints.workers],
      concurrency: 2,
      ...limits,
    });
    const { role: producer } = await cluster.producer({
      ventilators: [ventilator.endpoints.producers ?? ""],
    });
    const submitting = producer.submitMany(brighten, frames());
    const peaks = new Peaks();
    const seen = new Set<number>();
    for await (const result of sink.results(brighten)) {
      if (result.outcome !== "completed") throw new Error(result.outcome);
      const { number } = result.output;
      expect(marksOf(result.output)).toEqual(brightened(number));
      seen.add(number);
      const isStill = seen.size % 100 === 1 && seen.size < count - 50;
      const { definitions } = sink.stats();
      // While this loop stands still all rooms fill up, and then nothing moves any more.
      if (isStill) {
        await vi.waitFor(
          () => expect(ventilator.stats().unsettledBytes).toBeGreaterThan(unsettledBytesMax * 0.9),
          waitOptions,
        );
        await vi.waitFor(() => expect(worker.stats().running).toBe(0), waitOptions);
      }
      peaks.see({
        waiting: definitions[0]?.waitingBytes ?? 0,
        unsettled: ventilator.stats().unsettledBytes,
        uncommitted: worker.stats().uncommittedBytes,
      });
      if (seen.size === count) break;
    }
    expect((await submitting).accepted).toBe(count);
    expect(peaks.of.waiting).toBeGreaterThan(frameBytes);
    expect(peaks.of.waiting).toBeLessThan(waitingBytesMax + about * frameBytes);
    expect(peaks.of.unsettled).toBeLessThan(unsettledBytesMax + 2 * about * frameBytes);
    expect(peaks.of.uncommitted).toBeLessThan(uncommittedBytesMax + waitingBytesMax + 2 * about * frameBytes);
  });
});

test("frames on the push lane come once each, submitted here or elsewhere", async () => {
  const pushed = 100;
  const lane = { sink: { push: anyPort }, ventilator: { push: anyPort } };
  await using cluster = await Cluster.start(lane);
  await cluster.worker({ handlers: [brightening], concurrency: 2 });
  const { role: producer } = await cluster.producer();
  for (const submitter of [cluster.ventilator, producer]) {
    await submitter.submitMany(brighten, frames(pushed), { delivery: "at-most-once" });
  }
  await cluster.results.until(2 * pushed);
  const seen = new Map<number, number>();
  for (const result of cluster.results.all) {
    if (result.outcome !== "completed") throw new Error(result.outcome);
    const output = result.output as Frame;
    expect(marksOf(output)).toEqual(brightened(output.number));
    seen.set(output.number, (seen.get(output.number) ?? 0) + 1);
  }
  expect([...seen.values()]).toEqual(Array.from({ length: pushed }, () => 2));
  await vi.waitFor(() => expect(cluster.ventilator.stats().unsettledBytes).toBe(0), waitOptions);
});

describe("a buffer", () => {
  test("may be written to again as soon as its task is accepted", async () => {
    await using cluster = await Cluster.start();
    const { role: producer } = await cluster.producer();
    for (const submitter of [cluster.ventilator, producer]) {
      const given = frame(7);
      await submitter.submit(brighten, given);
      given.pixels.fill(0);
    }
    await cluster.worker({ handlers: [brightening] });
    await cluster.results.until(2);
    for (const result of cluster.results.all) {
      expect(result.outcome === "completed" && marksOf(result.output as Frame)).toEqual(brightened(7));
    }
  });

  test("larger than the default limit passes where ventilator, producer and worker are told so, and is refused elsewhere", async () => {
    const payloadBytesMax = 24 * KiB * KiB;
    await using cluster = await Cluster.start({ ventilator: { payloadBytesMax } });
    await cluster.worker({ handlers: [brightening], payloadBytesMax });
    const { role: producer } = await cluster.producer({ payloadBytesMax });
    const { role: strict } = await cluster.producer();
    const given = { number: 3, pixels: new Uint16Array(10 * KiB * KiB).fill(3) };
    for (const submitter of [cluster.ventilator, producer]) {
      const { pixels } = await submitter.run(brighten, given);
      expect([pixels.length, pixels[0], pixels.at(-1)]).toEqual([given.pixels.length, 4, 4]);
    }
    await expect(strict.run(brighten, given)).rejects.toMatchObject({ code: "TQ_ERR_PAYLOAD_TOO_LARGE" });
    const tooMuch = { workers: anyPort, payloadBytesMax: 2 ** 27 };
    await expect(startVentilator(tooMuch)).rejects.toMatchObject({ code: "TQ_ERR_INVALID_OPTION" });
  });

  test("is not shared over inproc either", async () => {
    const { log } = new CapturedLog();
    await using ventilator = await startVentilator({ workers: "inproc://large-binary", log });
    const wiping = handler(brighten, (given) => {
      given.pixels.fill(0);
      return given;
    });
    await using _ = await startWorker({
      ventilators: [ventilator.endpoints.workers],
      handlers: [wiping],
      log,
    });
    const given = frame(7);
    expect(marksOf(await ventilator.run(brighten, given))).toEqual([0, 0, 0]);
    expect(marksOf(given)).toEqual([7, 7, 7]);
  });

  test("is never shared between caller and handler, not even in one process", async () => {
    const kept: Uint16Array[] = [];
    const darken = defineTask({ name: "darken", input: type<Frame>(), output: type<Frame>() });
    const darkening = handler(darken, (given) => {
      given.pixels.fill(0);
      kept.push(given.pixels);
      return given;
    });
    await using tq = await startLocal({ handlers: [darkening], log: new CapturedLog().log });
    const given = frame(7);
    const output = await tq.run(darken, given);
    expect(marksOf(given)).toEqual([7, 7, 7]);
    output.pixels.fill(9);
    expect(kept[0]?.[0]).toBe(0);
  });
});
