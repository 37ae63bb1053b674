import { expect, test } from "vitest";
import type { NumberedContent } from "../wire/index.ts";
import { ReliableStream, streamWindowMessages } from "./reliable-stream.ts";

const content = (seq: number): NumberedContent => ({
  verb: "ACCEPTED",
  ids: { origins: ["0000000000000001"], runs: [0, seq, 1] },
});

const pumped = (stream: ReliableStream, now: number): number[] => {
  const numbers: number[] = [];
  stream.pump(now, (number) => numbers.push(number));
  return numbers;
};

const filled = (count: number): ReliableStream => {
  const stream = new ReliableStream();
  for (let seq = 1; seq <= count; seq++) stream.add(content(seq));
  return stream;
};

test("lets no more than a window leave unacknowledged, and the next ones as room is made", () => {
  const stream = filled(streamWindowMessages + 3);
  expect(pumped(stream, 0)).toHaveLength(streamWindowMessages);
  expect(pumped(stream, 0)).toEqual([]);
  stream.acknowledge(0, 2);
  expect(pumped(stream, 0)).toEqual([streamWindowMessages + 1, streamWindowMessages + 2]);
});

test("believes in a loss only when a second heartbeat still misses what was sent before the first", () => {
  const stream = filled(2);
  pumped(stream, 10);
  expect(stream.heartbeatArrived(5)).toBe(false);
  expect(stream.heartbeatArrived(20)).toBe(false);
  expect(pumped(stream, 20)).toEqual([]);
  expect(stream.heartbeatArrived(30)).toBe(true);
  expect(pumped(stream, 30)).toEqual([1, 2]);
});

test("believes in no loss while what was sent before arrives: the heartbeats of a peer far away lag behind", () => {
  const stream = filled(3);
  pumped(stream, 10);
  stream.heartbeatArrived(20);
  stream.acknowledge(21, 1);
  expect(stream.heartbeatArrived(21)).toBe(false);
  stream.acknowledge(22, 2);
  expect(stream.heartbeatArrived(22)).toBe(false);
  expect(pumped(stream, 22)).toEqual([]);
  // The way there and back took some 11 ms.
  expect(stream.heartbeatArrived(22 + 21)).toBe(false);
  expect(stream.heartbeatArrived(22 + 24)).toBe(true);
  expect(pumped(stream, 46)).toEqual([3]);
});

test("learns nothing of the way from what left twice, and waits no longer for one that was stuck once", () => {
  const stream = filled(4);
  pumped(stream, 0);
  stream.acknowledge(60_000, 1);
  stream.heartbeatArrived(60_000);
  // Five seconds at most, although that one took a minute.
  expect(stream.heartbeatArrived(64_999)).toBe(false);
  expect(stream.heartbeatArrived(65_000)).toBe(true);
  expect(pumped(stream, 65_000)).toEqual([2, 3, 4]);
  // The first copy is acknowledged just after the second has left.
  stream.acknowledge(65_001, 2);
  stream.heartbeatArrived(65_001);
  expect(stream.heartbeatArrived(65_010)).toBe(false);
});

test("sends nothing again to a peer that is silent", () => {
  const stream = filled(1);
  expect(pumped(stream, 0)).toEqual([1]);
  expect(pumped(stream, 1_000_000)).toEqual([]);
});

test("takes each number once and in order", () => {
  const stream = new ReliableStream();
  expect([1, 1, 3, 2, 3].map((number) => stream.arrive(number))).toEqual([
    "next",
    "duplicate",
    "gap",
    "next",
    "next",
  ]);
});

test("ignores an acknowledgement of what was never sent", () => {
  const stream = filled(1);
  stream.acknowledge(0, 7);
  expect(pumped(stream, 0)).toEqual([1]);
});

test("keeps what was not acknowledged for the session after this one", () => {
  const stream = filled(3);
  pumped(stream, 0);
  stream.acknowledge(0, 1);
  expect(stream.unacknowledged).toEqual([content(2), content(3)]);
});
