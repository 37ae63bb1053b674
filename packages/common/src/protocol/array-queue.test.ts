import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ArrayQueue } from "./array-queue.ts";

test("gives what was put in, in order", () => {
  const step = fc.oneof(
    fc.constant("shift" as const),
    fc.constant("take" as const),
    fc.integer({ min: 1, max: 200 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new ArrayQueue<number>();
      let model: number[] = [];
      let next = 0;
      for (const what of steps) {
        if (what === "take") {
          expect(queue.take()).toEqual(model);
          model = [];
        } else if (what === "shift") {
          for (let count = 0; count < 100; count++) {
            expect(queue.peek()).toBe(model[0]);
            expect(queue.shift()).toBe(model.shift());
          }
        } else {
          for (const last = next + what; next < last; next++) {
            model.push(next);
            queue.push(next);
          }
        }
        expect(queue.length).toBe(model.length);
      }
    }),
    { seed: 1 },
  );
});

test("keeps nothing that has left", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const queue = new ArrayQueue<object>();
  for (let count = 0; count < 10; count++) queue.push({});
  const gone = Array.from({ length: 9 }, () => new WeakRef(queue.shift() ?? {}));
  // What a WeakRef was made of lives until the end of the turn.
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    collectGarbage();
    expect(gone.filter((reference) => reference.deref() !== undefined)).toEqual([]);
    expect(queue.length).toBe(1);
  });
});
