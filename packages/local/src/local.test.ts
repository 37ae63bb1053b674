import { defineTask, handler, type } from "@tq/common";
import { expect, test } from "vitest";
import { startLocal } from "./local.ts";

const square = defineTask({ name: "square", input: type<number>(), output: type<number>() });
const squaring = handler(square, (n) => n * n);

test("runs a task and brings its output back", async () => {
  await using tq = await startLocal({ handlers: [squaring] });
  expect(await tq.run(square, 7)).toBe(49);
});

test("submitted tasks end in its results", async () => {
  await using tq = await startLocal({ handlers: [squaring] });
  await tq.submitMany(square, [1, 2, 3]);
  const outputs: number[] = [];
  for await (const result of tq.results(square)) {
    if (result.outcome === "completed") outputs.push(result.output);
    if (outputs.length === 3) break;
  }
  expect(outputs.toSorted()).toEqual([1, 4, 9]);
});

test("does not wait for results that nobody reads", async () => {
  const startedAt = performance.now();
  {
    await using tq = await startLocal({ handlers: [squaring] });
    await tq.submit(square, 1);
  }
  // Its patience with tasks that are still under way is 25 s: the test would time out.
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test("an option that it does not know is refused by name", async () => {
  const options = { handlers: [squaring], concurency: 2 };
  await expect(startLocal(options)).rejects.toThrow('unknown option "concurency"');
});

test("closing twice is harmless, and what comes later is refused", async () => {
  const tq = await startLocal({ handlers: [squaring] });
  await tq.close();
  await tq.close();
  await expect(tq.run(square, 1)).rejects.toMatchObject({ code: "TQ_ERR_CLOSED" });
});
