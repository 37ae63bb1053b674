import type { TqLogger } from "@tq/common/node";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SubmitProgress } from "./submit-progress.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start() {
  const said: string[] = [];
  const peer = { isConnected: true };
  const log = { warn: (line: string) => said.push(line) } as unknown as TqLogger;
  const options = { awaitsResults: false, isStream: true, isConnected: () => peer.isConnected };
  return { progress: new SubmitProgress(log, options), said, peer };
}

test("names the first line that is not done, and how many behind it are", () => {
  using progress = start().progress;
  expect(progress.nextLine).toBe(1);
  const numbers = [1, 2, 4, 5].map((line) => progress.begin(line));
  expect(numbers).toEqual([0, 1, 2, 3]);
  for (const number of [1, 0, 3]) progress.end(number);
  progress.accepted = 3;
  expect(progress.nextLine).toBe(4);
  expect(progress.describeRest()).toBe(
    "of 4 inputs read, 3 were accepted; all before line 4 are done, and 1 behind it",
  );
  progress.end(2);
  expect(progress.describeRest()).toMatch(/; all before line 6 are done$/);
});

test("says again and again that no ventilator is there, not for a session that is made anew, and when one is back", () => {
  const { progress, said, peer } = start();
  using _ = progress;
  progress.begin(1);
  peer.isConnected = false;
  vi.advanceTimersByTime(2_000);
  peer.isConnected = true;
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual([]);
  peer.isConnected = false;
  vi.advanceTimersByTime(15_000);
  const rest = "waiting for one: of 1 inputs read, 0 were accepted";
  expect(said.splice(0)).toEqual([
    `no ventilator has been in reach for 3 s; ${rest}`,
    `no ventilator has been in reach for 13 s; ${rest}`,
  ]);
  peer.isConnected = true;
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual(["a ventilator is in reach again"]);
});

test("says again and again that nothing moves, but not where all that was read is done", () => {
  const { progress, said } = start();
  using _ = progress;
  const number = progress.begin(1);
  vi.advanceTimersByTime(21_000);
  expect(said).toEqual([
    "nothing has moved for 10 s: of 1 inputs read, 0 were accepted; is a worker for it there?",
    "nothing has moved for 20 s: of 1 inputs read, 0 were accepted; is a worker for it there?",
  ]);
  progress.end(number);
  progress.accepted += 1;
  vi.advanceTimersByTime(60_000);
  expect(said).toHaveLength(2);
});
