import { expect, it } from "vitest";
import { Account } from "./account.ts";
import { type Attempt, AttemptPool } from "./attempt.ts";
import { ResultsOutbox } from "./results-outbox.ts";

it("frees results that nobody wants any more also while there is nobody to send them to", () => {
  const pool = new AttemptPool();
  const results = new ResultsOutbox(1, pool);
  const outlet = new Account({ ventilator: 0, payloadBytesMax: 100, session: () => undefined });
  const lane = outlet.lane(0, outlet);
  const computed = (): Attempt => {
    const attempt = pool.take();
    results.add(attempt, lane, "output");
    return attempt;
  };
  const [first, second, third] = [computed(), computed(), computed()];
  results.flush(0);
  results.remove(second, lane);
  // Behind one that is wanted: it waits, without its bytes.
  results.flush(0);
  expect(second.block).toBeUndefined();
  results.remove(first, lane);
  results.flush(0);
  expect([pool.take(), pool.take()]).toEqual([second, first]);
  expect(results.tasks).toBe(1);
  results.remove(third, lane);
  results.flush(0);
  expect(pool.take()).toBe(third);
});
