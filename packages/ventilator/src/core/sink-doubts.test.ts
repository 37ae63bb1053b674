import { expect, test } from "vitest";
import { doubtRangesMax, SinkDoubts } from "./sink-doubts.ts";

const origin = "00000000000000a1";
const sink = "tcp://a:1";

test("neighbours become one range, told anew under its number", () => {
  let now = 0;
  const doubts = new SinkDoubts(() => now++);
  const kept: string[] = [];
  doubts.listener = {
    kept: ({ number, first, count }) => kept.push(`${number}: ${first}+${count}`),
    forgotten: () => {},
  };
  doubts.add({ origin, first: 1, count: 2, sink });
  doubts.add({ origin, first: 3, count: 1, sink });
  doubts.add({ origin, first: 4, count: 1, sink: undefined });
  doubts.add({ origin, first: 9, count: 1, sink: undefined });
  expect(kept).toEqual(["1: 1+2", "1: 1+3", "2: 4+1", "3: 9+1"]);
  expect(doubts.total).toBe(5);
  expect(doubts.takeNews()).toMatchObject({ tasks: 5 });
  expect(doubts.takeNews()).toBeUndefined();
  expect(doubts.list({ after: 1, limit: 1 })).toMatchObject([{ number: 2, sink: undefined, at: 2 }]);
});

test("ranges are bounded, their count is not, and both outlive a restart", () => {
  const doubts = new SinkDoubts(() => 0);
  const forgotten: number[] = [];
  doubts.listener = { kept: () => {}, forgotten: (number) => forgotten.push(number) };
  for (let n = 0; n < doubtRangesMax + 2; n++) doubts.add({ origin, first: n * 2 + 1, count: 1, sink });
  expect(forgotten).toEqual([1, 2]);
  expect(doubts.total).toBe(doubtRangesMax + 2);
  const restarted = new SinkDoubts(() => 0);
  restarted.restore(doubts.list({ limit: doubtRangesMax }));
  restarted.add({ origin, first: 1, count: 1, sink });
  expect(restarted.list({ after: doubtRangesMax + 2 })).toMatchObject([{ number: doubtRangesMax + 3 }]);
});
