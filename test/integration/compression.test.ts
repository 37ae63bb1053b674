/** LZ4 on every hop, between roles over tcp. */
import { defineTask, handler, type } from "@tq/common";
import type { Compression } from "@tq/common/transport";
import { startVentilator } from "@tq/ventilator";
import { describe, expect, test } from "vitest";
import { CapturedLog } from "./support/captured-log.ts";
import { anyPort, Cluster } from "./support/cluster.ts";

const upper = defineTask({ name: "upper", input: type<string>(), output: type<string>() });
const uppering = handler(upper, (text) => text.toUpperCase());
const text = (index: number): string => `line ${index} of a log that says the same all day. `.repeat(100);
const count = 200;

async function pipeline(compression: Compression | undefined) {
  const cluster = await Cluster.start({ sink: { compression }, ventilator: { compression } });
  const { role: worker } = await cluster.worker({ handlers: [uppering], concurrency: 4, compression });
  const { role: producer } = await cluster.producer({ compression });
  return { cluster, worker, producer };
}

describe("with compression: always", () => {
  test("bodies leave every role packed, arrive as they were, and both sizes are counted", async () => {
    const { cluster, worker, producer } = await pipeline("always");
    await using _ = cluster;
    const inputs = Array.from({ length: count }, (_, index) => text(index));
    const outputs: string[] = [];
    for await (const output of producer.map(upper, inputs)) outputs.push(output);
    expect(outputs).toEqual(inputs.map((input) => input.toUpperCase()));
    await producer.submitMany(upper, inputs);
    await cluster.results.until(count);
    expect(
      new Set(cluster.results.all.map((result) => result.outcome === "completed" && result.output)),
    ).toEqual(new Set(outputs));
    const bytes = inputs.join("").length;
    // Inputs twice, and the answers.
    for (const [stats, times] of [
      [producer.stats(), 2],
      [worker.stats(), 2],
      [cluster.ventilator.stats(), 3],
    ] as const) {
      const { bodies, bytesBefore, bytesAfter } = stats.compression;
      expect(bodies).toBeGreaterThan(0);
      expect(bytesBefore).toBeGreaterThan(times * bytes * 0.9);
      expect(bytesAfter).toBeLessThan(bytesBefore / 5);
    }
    expect(cluster.sink.stats().compression.bodies).toBe(0);
  });
});

test("the push lane packs, too", async () => {
  const packing = { push: anyPort, compression: "always" } as const;
  const cluster = await Cluster.start({ sink: packing, ventilator: packing });
  await using _ = cluster;
  const { role: worker } = await cluster.worker({ handlers: [uppering], compression: "always" });
  const inputs = Array.from({ length: count }, (_, index) => text(index));
  await cluster.ventilator.submitMany(upper, inputs, { delivery: "at-most-once" });
  await cluster.results.until(count);
  const bytes = inputs.join("").length;
  for (const { compression } of [cluster.ventilator.stats(), worker.stats()]) {
    expect(compression.bytesBefore).toBeGreaterThan(bytes * 0.9);
    expect(compression.bytesAfter).toBeLessThan(compression.bytesBefore / 5);
  }
});

test.each([undefined, "auto", "off"] as const)(
  "on one machine nothing is packed with %s",
  async (compression) => {
    const { cluster, worker, producer } = await pipeline(compression);
    await using _ = cluster;
    expect(await producer.run(upper, text(1))).toBe(text(1).toUpperCase());
    for (const { compression: counts } of [producer.stats(), worker.stats(), cluster.ventilator.stats()]) {
      expect(Object.values(counts)).toEqual([0, 0, 0, 0, 0]);
    }
  },
);

test("who packs nothing reads what others have packed", async () => {
  const { cluster } = await pipeline("off");
  await using _ = cluster;
  const { role: packing } = await cluster.producer({ compression: "always" });
  expect(await packing.run(upper, text(2))).toBe(text(2).toUpperCase());
  expect(packing.stats().compression.bodies).toBe(1);
});

test("a compression that is none is refused, with those that are", async () => {
  const options = { workers: anyPort, log: new CapturedLog().log, compression: "zip" as never };
  await expect(startVentilator(options)).rejects.toMatchObject({
    code: "TQ_ERR_INVALID_OPTION",
    message: 'compression is "auto", "off", "always", not "zip"',
  });
});
