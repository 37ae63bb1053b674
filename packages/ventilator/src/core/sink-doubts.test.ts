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
  expect(doubts.takeNews()).toMatchObject([{ tasks: 5, doubts: [{ count: 3 }, { first: 4 }, { first: 9 }] }]);
  expect(doubts.takeNews()).toEqual([]);
  expect(doubts.list({ after: 1, limit: 1 })).toMatchObject([{ number: 2, sink: undefined, at: 2 }]);
});

test("every range that is kept is told once, in parts, and what is beyond that is counted", () => {
  const doubts = new SinkDoubts(() => 0);
  for (let n = 0; n < doubtRangesMax + 2; n++) doubts.add({ origin, first: n * 2 + 1, count: 1, sink });
  const news = doubts.takeNews();
  const told = news.flatMap((part) => part.doubts.map(({ first }) => first));
  expect(told).toEqual(Array.from({ length: doubtRangesMax }, (_, n) => n * 2 + 1));
  expect(Math.max(...news.map((part) => part.doubts.length))).toBe(100);
  expect(news.at(-1)).toEqual({ tasks: 2, doubts: [] });
  expect(news.reduce((sum, { tasks }) => sum + tasks, 0)).toBe(doubts.total);
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
