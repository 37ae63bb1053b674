import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { defineTask, type } from "../contract/index.ts";
import { submitLimits } from "./limits.ts";
import { TestBed } from "./submitter.test-support.ts";

const MiB = 1024 * 1024;
const image = Buffer.alloc(8 * MiB);
const blur = defineTask({ name: "blur", input: type<Buffer | number>(), output: type<Buffer | number>() });

const roomFor = submitLimits.inFlightBytesMax / image.length;

/** Counts what is read of it. */
function repeating<Input>(input: Input) {
  const inputs = {
    read: 0,
    *[Symbol.iterator]() {
      for (;;) {
        inputs.read += 1;
        yield input;
      }
    },
  };
  return inputs;
}

test("a map reads large inputs only as far as their bytes allow, whatever inFlight says", async () => {
  const bed = new TestBed();
  const inputs = repeating(image);
  const outputs = bed.submitter.map(blur, inputs, { inFlight: 1000 });
  const first = outputs.next();
  await bed.settle();
  expect(inputs.read).toBe(roomFor);
  bed.answer(1, image);
  await first;
  await bed.settle();
  expect(inputs.read).toBe(roomFor + 1);
});

test("a map reads fewer small inputs once it has seen that their outputs are large", async () => {
  const bed = new TestBed();
  const inputs = repeating(1);
  const outputs = bed.submitter.map(blur, inputs, { inFlight: 100 });
  const first = outputs.next();
  await bed.settle();
  expect(inputs.read).toBe(100);
  for (let seq = 1; seq <= 100; seq++) bed.answer(seq, image);
  await first;
  for (let taken = 1; taken < 100 - roomFor; taken++) await outputs.next();
  await bed.settle();
  expect(inputs.read).toBe(100);
  await outputs.next();
  await bed.settle();
  expect(inputs.read).toBe(101);
});

test("a map that is over keeps no outputs, although somebody keeps the map", async () => {
  const bed = new TestBed();
  const outputs = bed.submitter.map(blur, [1, 2, 3]);
  const first = outputs.next();
  await bed.settle();
  const answer = (seq: number) => {
    const output = Buffer.alloc(8 * MiB);
    bed.answer(seq, output);
    return new WeakRef(output.buffer);
  };
  const untaken = [answer(2), answer(3)];
  bed.answer(1, 1);
  await first;
  await outputs.return();
  // What a WeakRef has been made of is kept until the turn of the loop is over.
  await new Promise((resolve) => setImmediate(resolve));
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  expect(untaken.map((buffer) => buffer.deref() === undefined)).toEqual([true, true]);
  expect(await outputs.next()).toEqual({ done: true, value: undefined });
});
