import { afterEach, expect, test, vi } from "vitest";
import {
  decodeEventMessage,
  encodeSubscription,
  eventLimits,
  type SourceState,
  type TqEvent,
  withoutLists,
} from "../events/index.ts";
import type { Frames } from "../transport/index.ts";
import { EventHub } from "./event-hub.ts";

const source = { role: "sink", name: "s", bootId: "00000000000000b1" } as const;
const totals = {
  workers: 0,
  ventilators: 0,
  committed: { completed: 0, failed: 0, cancelled: 0, expired: 0, dead: 0 },
  duplicates: 0,
};
const origin = "00000000000000aa";

/** A hub over a source that counts its workers. */
function begin(peers: SourceState & { role: "sink" } = { role: "sink", peers: [], definitions: [], totals }) {
  let workers = 0;
  const watched: string[][] = [];
  const hub = new EventHub({
    source,
    state: () => ({ ...peers, totals: { ...totals, workers } }),
    watch: (types) => watched.push([...types]),
  });
  hubs.push(hub);
  const join = () => {
    workers += 1;
    hub.report({ type: "worker.joined", session: workers, worker: "w" });
  };
  const commit = (first: number, count: number) =>
    hub.reportTasks([
      { type: "task.committed", task: "t", run: [origin, first, count], attempt: 1, outcome: "completed" },
    ]);
  return { hub, join, commit, watched };
}
const hubs: EventHub[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
});

/** A publisher's socket, and what left by it. */
function socketOf(hub: EventHub) {
  const sent: string[] = [];
  const raw: Frames[] = [];
  const publisher = hub.addPublisher();
  const link = {
    endpoint: "",
    isOpen: true,
    stats: () => ({ sent: 0, received: 0, dropped: 0 }),
    close: async () => {},
  };
  publisher.attach({
    ...link,
    send: (frames) => {
      raw.push(frames);
      const message = decodeEventMessage(frames);
      sent.push(
        message?.kind === "events"
          ? `${message.type} ${message.first}`
          : `${message?.kind} ${JSON.stringify(message?.next)}`,
      );
    },
  });
  const subscribe = (topic: string, isOn = true) =>
    publisher.linkOptions.receive([encodeSubscription({ isOn, topic })]);
  return { sent, raw, subscribe };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const numberOf = (event: TqEvent | undefined) =>
  event?.type === "snapshot"
    ? event.state.totals.workers
    : event?.type === "worker.joined" && "session" in event
      ? event.session
      : undefined;

test("a loop that begins late gets how things stand, and from there on everything", async () => {
  const { hub, join } = begin();
  const early = hub.events()[Symbol.asyncIterator]();
  join();
  join();
  const late = hub.events()[Symbol.asyncIterator]();
  join();
  const seen = async (iterator: AsyncIterator<TqEvent>, count: number) => {
    const numbers: unknown[] = [];
    while (numbers.length < count) numbers.push(numberOf((await iterator.next()).value));
    return numbers;
  };
  expect(await seen(early, 4)).toEqual([0, 1, 2, 3]);
  expect(await seen(late, 2)).toEqual([2, 3]);
});

test("a loop gets only what its prefixes choose", async () => {
  const { hub, join, commit } = begin();
  const iterator = hub.events({ topics: ["task."] })[Symbol.asyncIterator]();
  join();
  commit(7, 1);
  await iterator.next();
  expect((await iterator.next()).value).toMatchObject({ type: "task.committed", taskId: `${origin}-7` });
});

test("steps of tasks are watched only while somebody wants them", async () => {
  const { hub, watched } = begin();
  const { subscribe } = socketOf(hub);
  const iterator = hub.events({ topics: ["task.c"] })[Symbol.asyncIterator]();
  expect(watched.at(-1)).toEqual(["task.completed", "task.cancelled", "task.committed"]);
  await iterator.return?.();
  expect(watched.at(-1)).toEqual([]);
  subscribe("event/task.leased");
  expect(watched.at(-1)).toEqual(["task.leased"]);
});

test("a loop that was left ends, and so do all at close, after what was said", async () => {
  const { hub, join } = begin();
  for await (const _ of hub.events()) break;
  const iterator = hub.events()[Symbol.asyncIterator]();
  join();
  await hub.close();
  expect(numberOf((await iterator.next()).value)).toBe(0);
  expect(numberOf((await iterator.next()).value)).toBe(1);
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
  expect(() => hub.events()).toThrow(expect.objectContaining({ code: "TQ_ERR_CLOSED" }));
});

test("a loop that waits is ended by close", async () => {
  const { hub } = begin();
  const iterator = hub.events()[Symbol.asyncIterator]();
  await iterator.next();
  const waiting = [iterator.next(), iterator.next()];
  await hub.close();
  expect(await Promise.all(waiting)).toEqual([
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
});

test.each([[["wroker."]], [[]], ["task."], [[7]]])("topics %j are refused", (topics) => {
  const { hub } = begin();
  expect(() => hub.events({ topics: topics as string[] })).toThrow(
    expect.objectContaining({ code: "TQ_ERR_INVALID_OPTION" }),
  );
});

test("who asks over a socket gets a snapshot whose numbers fit what came before and what comes after", async () => {
  const { hub, join } = begin();
  const { sent, subscribe } = socketOf(hub);
  subscribe("event/worker.");
  join();
  subscribe("snapshot/00000000000000f1");
  join();
  await turn();
  join();
  await turn();
  expect(sent).toEqual(["worker.joined 1", 'snapshot {"worker.joined":3}', "worker.joined 3"]);
});

test("what nobody has subscribed to is neither sent nor numbered", async () => {
  const { hub, join } = begin();
  const { sent, subscribe } = socketOf(hub);
  join();
  subscribe("event/task.");
  join();
  subscribe("snapshot/00000000000000f1");
  await turn();
  expect(sent).toEqual(["snapshot {}"]);
});

test("all who ask together get one and the same snapshot, and who asks right after waits a moment for the next", async () => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
  let taken = 0;
  const hub = new EventHub({
    source,
    state: () => {
      taken += 1;
      return { role: "sink", peers: [], definitions: [], totals };
    },
    watch: () => {},
  });
  hubs.push(hub);
  const { raw, subscribe } = socketOf(hub);
  const topics = () => raw.map(([topic]) => Buffer.from(topic ?? []).toString());
  subscribe("snapshot/00000000000000f1");
  subscribe("snapshot/00000000000000f2");
  await turn();
  expect([taken, topics()]).toEqual([1, ["snapshot/00000000000000f1", "snapshot/00000000000000f2"]]);
  subscribe("snapshot/00000000000000f3");
  await turn();
  expect(taken).toBe(1);
  vi.advanceTimersByTime(eventLimits.snapshotGapMs);
  expect([taken, topics().at(-1)]).toEqual([2, "snapshot/00000000000000f3"]);
});

test("a snapshot that is too large for a message goes without its lists", async () => {
  const peer = { role: "worker", peer: "w".repeat(5_000), session: 1 } as const;
  const { hub } = begin({ role: "sink", peers: new Array(4_096).fill(peer), definitions: [], totals });
  const { raw, subscribe } = socketOf(hub);
  subscribe("snapshot/00000000000000f1");
  await turn();
  const message = decodeEventMessage(raw[0] ?? []);
  expect(message?.kind === "snapshot" && message.state).toEqual(
    withoutLists({ role: "sink", peers: [], definitions: [], totals }),
  );
});

test("an event that cannot be sent is left out, by its number, and its neighbours are not", async () => {
  const { hub } = begin();
  const { sent, subscribe } = socketOf(hub);
  subscribe("event/");
  for (const peer of ["a", "ill-formed \ud800", "b"]) {
    hub.report({ type: "peer.refused", peer, role: "worker", code: "C", message: "m" });
  }
  await turn();
  expect(sent).toEqual(["peer.refused 1", "peer.refused 3"]);
});

test("beats tell how far it has come, and the last one that it closes", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const { hub, join } = begin();
  const { sent, subscribe } = socketOf(hub);
  subscribe("event/");
  subscribe("beat");
  join();
  // Within the turn: what is numbered has not left yet.
  vi.advanceTimersByTime(eventLimits.beatMs);
  join();
  await hub.close();
  expect(sent).toEqual([
    "worker.joined 1",
    'beat {"worker.joined":2}',
    "worker.joined 2",
    'beat {"worker.joined":3}',
  ]);
});
