import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeValue, encodeValue } from "../wire/index.ts";
import { decodeEventMessage, type EventMessage, encodeEventMessage } from "./event-codec.ts";
import { commits, joins, snapshot, source } from "./event-samples.test-support.ts";

const beat = { kind: "beat", source, at: 5, next: { "worker.joined": 4 } } as const;

test.each<[string, EventMessage]>([
  ["events", joins(7, 3)],
  ["runs of tasks", commits(1, [1, 4096], [5000, 1])],
  ["a snapshot", snapshot({ "task.committed": 12 })],
  ["a beat", { ...beat, isLast: false }],
  ["a last beat", { ...beat, isLast: true }],
])("%s arrive as they were sent", (_, message) => {
  expect(decodeEventMessage(encodeEventMessage(message))).toEqual(message);
});

test("the first frame is what ZeroMQ filters by, and the second is plain MessagePack", () => {
  const [topic, body] = encodeEventMessage(joins(7));
  expect(Buffer.from(topic ?? []).toString()).toBe("event/worker.joined");
  expect(decodeValue(body ?? Buffer.alloc(0))).toEqual({
    version: 1,
    source,
    at: 2,
    first: 7,
    events: [{ session: 7, worker: "w" }],
  });
});

test("fields without a value are left out, not sent as something that only this codec knows", () => {
  const entries = [{ type: "peer.violation", peer: undefined, reason: "r", count: 1 }] as const;
  const [, body] = encodeEventMessage({
    kind: "events",
    source,
    at: 1,
    type: "peer.violation",
    first: 1,
    entries,
  });
  expect(decodeValue(body ?? Buffer.alloc(0))).toMatchObject({ events: [{ reason: "r", count: 1 }] });
  expect(Object.keys((decodeValue(body ?? Buffer.alloc(0)) as { events: [object] }).events[0])).toEqual([
    "reason",
    "count",
  ]);
});

const body = { version: 1, source, at: 1, first: 1, events: [] };
const run = ["00000000000000aa", 1, 1];

test.each<[string, string, unknown]>([
  ["of another version", "event/x", { ...body, version: 2 }],
  ["without a source", "event/x", { ...body, source: undefined }],
  ["of a role that is none", "event/x", { ...body, source: { ...source, role: "pirate" } }],
  ["whose source has no id", "event/x", { ...body, source: { ...source, bootId: "1" } }],
  ["with a name without end", "event/x", { ...body, source: { ...source, name: "n".repeat(200) } }],
  ["that begin at 0", "event/x", { ...body, first: 0 }],
  ["that are no list", "event/x", { ...body, events: {} }],
  ["that are no maps", "event/x", { ...body, events: [1] }],
  ["with a run without origin", "event/x", { ...body, events: [{ run: ["aa", 1, 1] }] }],
  ["with a run of nothing", "event/x", { ...body, events: [{ run: [run[0], 1, 0] }] }],
  ["with a run of too many", "event/x", { ...body, events: [{ run: [run[0], 1, 1e9] }] }],
  ["with numbers that are none", "beat", { version: 1, source, at: 1, next: { a: "1" } }],
  ["without a state", "snapshot/00000000000000f1", { version: 1, source, at: 1, next: {} }],
  ["on a topic that is none", "events", body],
  ["on a topic that no source has", "event/snapshot", { ...body, events: [{}] }],
  ["on a topic that would steer a terminal", "event/x\u001b[2J", body],
  ["of no type", "event/", body],
  ["on a topic without end", `event/${"x".repeat(500)}`, body],
])("messages %s are none", (_, topic, content) => {
  expect(decodeEventMessage([Buffer.from(topic), encodeValue(content)])).toBeUndefined();
});

test("whatever the bytes are, decoding gives a message or nothing", () => {
  const frame = fc.uint8Array({ maxLength: 64 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 3 }), (frames) => {
      decodeEventMessage(frames);
    }),
  );
  const anything = fc.dictionary(
    fc.constantFrom("version", "source", "at", "first", "events", "next", "state"),
    fc.oneof(fc.constant(1), fc.constant(source), fc.jsonValue(), fc.constant([{ run }])),
  );
  fc.assert(
    fc.property(
      fc.constantFrom("event/a", "beat", "snapshot/00000000000000f1"),
      anything,
      (topic, content) => {
        const message = decodeEventMessage([Buffer.from(topic), encodeValue(content)]);
        if (message !== undefined) encodeEventMessage(message);
      },
    ),
  );
});
