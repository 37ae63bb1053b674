import { expect, test } from "vitest";
import { EventInterest } from "./event-interest.ts";
import { eventLimits } from "./limits.ts";
import { decodeSubscription, encodeSubscription } from "./topics.ts";

const subscribe = (interest: EventInterest, now: number, text: string) =>
  interest.subscribed(now, { isOn: text.startsWith("+"), topic: text.slice(1) });

test("a type is wanted while somebody has subscribed to a prefix of its topic", () => {
  const interest = new EventInterest();
  subscribe(interest, 0, "+event/task.");
  expect([interest.wantsType("task.failed"), interest.wantsType("worker.gone")]).toEqual([true, false]);
  expect(interest.wantsBeats).toBe(false);
  subscribe(interest, 0, "+");
  expect([interest.wantsType("worker.gone"), interest.wantsBeats]).toEqual([true, true]);
});

test("what somebody who left had wanted is numbered for a while: it may be back", () => {
  const interest = new EventInterest();
  subscribe(interest, 0, "+event/task.");
  subscribe(interest, 100, "-event/task.");
  expect(interest.wake(100 + eventLimits.silenceMs - 1)).toBe(false);
  expect(interest.wantsType("task.failed")).toBe(true);
  expect(interest.wake(100 + eventLimits.silenceMs)).toBe(true);
  expect(interest.wantsType("task.failed")).toBe(false);
});

test("the end of the connection is everybody's leave, and who is back in time stays", () => {
  const interest = new EventInterest();
  subscribe(interest, 0, "+event/task.");
  subscribe(interest, 0, "+event/worker.");
  interest.ended(0);
  subscribe(interest, 50, "+event/task.");
  interest.wake(eventLimits.silenceMs);
  expect([interest.wantsType("task.failed"), interest.wantsType("worker.gone")]).toEqual([true, false]);
});

test("who asks for a snapshot is answered, and wants nothing by that", () => {
  const interest = new EventInterest();
  expect(subscribe(interest, 0, "+snapshot/00000000000000f1")).toBe("00000000000000f1");
  expect(subscribe(interest, 0, "-snapshot/00000000000000f1")).toBeUndefined();
  expect(subscribe(interest, 0, "+snapshot/f1")).toBeUndefined();
  expect(interest.wantsType("task.failed")).toBe(false);
});

test("a prefix that nothing here begins with is not remembered", () => {
  const interest = new EventInterest();
  for (let index = 0; index < 1_000; index++) subscribe(interest, 0, `+event/task.${index}`);
  expect(interest.wantsType("task.1")).toBe(false);
  // Whoever leaves is remembered for a while: there was nobody.
  interest.ended(0);
  expect(interest.wake(eventLimits.silenceMs)).toBe(false);
});

test("a subscription is a byte and a topic; what else a stranger says is none", () => {
  const subscription = { isOn: true, topic: "event/task." };
  expect(decodeSubscription([encodeSubscription(subscription)])).toEqual(subscription);
  expect(decodeSubscription([Buffer.from([2, 3, 4])])).toBeUndefined();
  expect(decodeSubscription([Buffer.alloc(0)])).toBeUndefined();
  expect(decodeSubscription([Buffer.alloc(1000, 1)])).toBeUndefined();
  expect(decodeSubscription([Buffer.from([1]), Buffer.from([1])])).toBeUndefined();
});
