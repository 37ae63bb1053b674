import { expect, test } from "vitest";
import { joins, snapshot } from "../events/event-samples.test-support.ts";
import { EventReader } from "./event-reader.ts";
import { mergeEvents } from "./merge-events.ts";

/** A source that is told what comes, and says whether its loop was left. */
function sourceOf(key: string) {
  const state = { isLeft: false };
  const reader = new EventReader([""], () => {
    state.isLeft = true;
  });
  reader.queue.pushSnapshot(key, snapshot());
  const join = (number: number) => {
    reader.queue.pushEvents(key, joins(number));
    reader.wake();
  };
  return { state, reader, join, events: { [Symbol.asyncIterator]: () => reader } };
}

test("gives what each says in its order, and lets none wait for another", async () => {
  const [busy, quiet] = [sourceOf("a"), sourceOf("b")];
  for (let number = 1; number <= 50; number++) busy.join(number);
  quiet.join(1);
  const merged = mergeEvents([busy.events, quiet.events])[Symbol.asyncIterator]();
  const first: unknown[] = [];
  for (let taken = 0; taken < 4; taken++) first.push((await merged.next()).value.type);
  expect(first).toEqual(["snapshot", "snapshot", "worker.joined", "worker.joined"]);
  await merged.return?.();
});

test("ends when all have ended, with what they had said", async () => {
  const [one, other] = [sourceOf("a"), sourceOf("b")];
  one.join(1);
  one.reader.end();
  const types: string[] = [];
  const reading = (async () => {
    for await (const { type } of mergeEvents([one.events, other.events])) types.push(type);
  })();
  other.join(1);
  other.reader.end();
  await reading;
  expect(types.toSorted()).toEqual(["snapshot", "snapshot", "worker.joined", "worker.joined"]);
});

test("leaving it leaves all", async () => {
  const [one, other] = [sourceOf("a"), sourceOf("b")];
  for await (const _ of mergeEvents([one.events, other.events])) break;
  expect([one.state.isLeft, other.state.isLeft]).toEqual([true, true]);
});
