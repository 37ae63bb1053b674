import { expect, test } from "vitest";
import { encodeEventMessage } from "./event-codec.ts";
import { EventQueue } from "./event-queue.ts";
import { brief, joins, snapshot, source } from "./event-samples.test-support.ts";
import { eventLimits } from "./limits.ts";
import { SourceTable } from "./source-table.ts";
import { decodeSubscription } from "./topics.ts";

/** A subscriber's side of one connection, told what arrives and when. */
function subscriber(topics = [""]) {
  const queue = new EventQueue(topics);
  const said: string[] = [];
  let tokens = 0;
  const table = new SourceTable({
    topics,
    name: "0",
    drawToken: () => (++tokens).toString(16).padStart(16, "0"),
    send: (frame) => {
      const subscription = decodeSubscription([frame]);
      said.push(`${subscription?.isOn ? "+" : "-"}${subscription?.topic}`);
    },
    to: {
      events: (key, batch, bytes) => queue.pushEvents(key, batch, bytes),
      snapshot: (key, message, bytes) => queue.pushSnapshot(key, message, bytes),
      mark: (key, beat) => queue.pushMark(key, beat),
      gone: (key, gone) => queue.pushGone(key, { ...gone, at: 0 }),
    },
  });
  const hear = (now: number, ...messages: Parameters<typeof encodeEventMessage>[0][]) => {
    for (const message of messages) table.receive(now, encodeEventMessage(message));
  };
  const taken = () => {
    const words: string[] = [];
    for (let event = queue.take(); event !== undefined; event = queue.take()) words.push(brief(event));
    return words;
  };
  return { table, said, hear, taken, token: () => tokens.toString(16).padStart(16, "0") };
}

const beat = (next = {}, isLast = false) => ({ kind: "beat", source, at: 5, next, isLast }) as const;
const { askAgainMs, silenceMs, beatMs } = eventLimits;

test("subscribes to the events before it asks for the snapshot", () => {
  const { table, said } = subscriber(["task.", "worker.gone"]);
  table.opened(0);
  expect(said).toEqual(["+event/task.", "+event/worker.gone", "+beat", "+snapshot/0000000000000001"]);
});

test("lets nothing of a source through before its snapshot, and everything after it", () => {
  const { table, hear, taken, token } = subscriber();
  table.opened(0);
  hear(0, joins(1, 2), snapshot({ "worker.joined": 3 }, token()), joins(3));
  expect(taken()).toEqual(["snapshot", "joined 3"]);
});

test("a snapshot that somebody else asked for is not taken", () => {
  const { table, hear, taken } = subscriber();
  table.opened(0);
  hear(0, snapshot({}, "00000000000000ff"), joins(1));
  expect(taken()).toEqual([]);
});

test("asks again, on a new topic, if somebody talks whose snapshot did not come; not at every word", () => {
  const { table, hear, said, taken, token } = subscriber();
  table.opened(0);
  hear(askAgainMs - 1, beat(), joins(1));
  expect(said).toHaveLength(3);
  hear(askAgainMs, beat());
  hear(askAgainMs + 1, beat());
  expect(said.slice(3)).toEqual(["-snapshot/0000000000000001", "+snapshot/0000000000000002"]);
  hear(askAgainMs + 2, snapshot({ "worker.joined": 2 }, token()), joins(2));
  expect(taken()).toEqual(["snapshot", "joined 2"]);
});

test("a source that it knows does not begin again because it heard the question to another one", () => {
  const { table, hear, taken, token } = subscriber();
  const other = { ...source, bootId: "00000000000000b2" };
  table.opened(0);
  hear(0, snapshot({}, token()), joins(1));
  hear(askAgainMs, { ...beat(), source: other });
  hear(askAgainMs, snapshot({ "worker.joined": 3 }, token()), { ...snapshot({}, token()), source: other });
  expect(taken()).toEqual(["snapshot", "joined 1", "missed 1 worker.joined", "snapshot"]);
});

test("a source that is not heard any more is gone, and comes back with a snapshot", () => {
  const { table, hear, taken, token } = subscriber();
  table.opened(0);
  hear(0, snapshot({}, token()));
  for (let now = 0; now < silenceMs; now += beatMs) table.wake(now);
  expect(taken()).toEqual(["snapshot"]);
  table.wake(silenceMs);
  expect([taken(), table.sources]).toEqual([["gone silent"], 0]);
  hear(silenceMs + beatMs, beat({ "worker.joined": 9 }));
  expect(taken()).toEqual([]);
  hear(silenceMs + beatMs, snapshot({ "worker.joined": 9 }, token()), joins(9));
  expect(taken()).toEqual(["snapshot", "joined 9"]);
});

test("its own standstill is nobody's silence", () => {
  const { table, hear, taken, token } = subscriber();
  table.opened(0);
  hear(0, snapshot({}, token()));
  table.wake(0);
  table.wake(60_000);
  table.wake(60_000 + beatMs);
  expect(taken()).toEqual(["snapshot"]);
});

test("a beat shows what was lost at the end of a burst, and the last word of a source ends it", () => {
  const { table, hear, taken, token } = subscriber();
  table.opened(0);
  hear(0, snapshot({}, token()), joins(1), beat({ "worker.joined": 4 }));
  expect(taken()).toEqual(["snapshot", "joined 1", "missed 2 worker.joined"]);
  hear(0, beat({ "worker.joined": 5 }, true));
  expect(taken()).toEqual(["missed 1 worker.joined", "gone closed"]);
});

test("over a new connection it says everything again, and tells what was missed in between", () => {
  const { table, hear, said, taken, token } = subscriber();
  table.opened(0);
  hear(0, snapshot({}, token()), joins(1));
  said.length = 0;
  table.opened(500);
  expect(said).toEqual(["+event/", "+beat", "+snapshot/0000000000000002"]);
  // Not before the snapshot: what is lost is only known with it.
  hear(500, joins(4), snapshot({ "worker.joined": 5 }, token()), joins(5));
  expect(taken()).toEqual(["snapshot", "joined 1", "missed 3 worker.joined", "snapshot", "joined 5"]);
});

test("what is no message is counted, and what was not asked for is left out", () => {
  const { table, hear, taken, token } = subscriber(["task."]);
  table.opened(0);
  hear(0, snapshot({}, token()), joins(1));
  table.receive(0, [Buffer.from("event/task.failed")]);
  table.receive(0, [Buffer.from("beat"), Buffer.from("garbage")]);
  expect([taken(), table.malformed]).toEqual([["snapshot"], 2]);
});
