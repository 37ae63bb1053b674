/** Servers that are none, or that lie: whoever connects to them keeps his senses, and works with the honest ones. */
import { defaultTiming, idRun } from "@tq/common/protocol";
import {
  decodeMessage,
  encodeMessage,
  encodeValues,
  type Hello,
  type Message,
  noOptions,
} from "@tq/common/wire";
import { startProducer } from "@tq/producer";
import { describe, expect, test } from "vitest";
import { squaring } from "./fixtures/handlers.ts";
import { square } from "./fixtures/tasks.ts";
import { Cluster, waitOptions } from "./support/cluster.ts";
import { errorOf } from "./support/error-of.ts";
import { RawServer } from "./support/raw-server.ts";
import { patient } from "./support/timings.ts";
import { framesOf, vectors } from "./support/vectors.ts";

const helloOf = (frames: readonly Uint8Array[]): Hello | undefined => {
  const decoded = decodeMessage(frames);
  return decoded.ok && decoded.message.verb === "HELLO" ? decoded.message : undefined;
};

const said = [...vectors.messages, ...vectors.messagesToRefuse].filter(({ frames }) => frames.length > 0);
const begin = (verb: string) => said.filter(({ name }) => name.startsWith(verb));
/**
 * REFUSED would be believed, and is another matter. So would WELCOME, if nothing came behind it that is wrong in the session
 * it grants.
 */
const allMessages = [
  ...begin("WELCOME"),
  ...said.filter(({ name }) => !name.startsWith("WELCOME") && !name.startsWith("REFUSED")),
];

/** Answers every HELLO with everything that there is, right and wrong. */
const nonsense = (): Promise<RawServer> =>
  RawServer.start((frames) => (helloOf(frames) === undefined ? [] : allMessages.map(framesOf)));

const silence = (): Promise<RawServer> => RawServer.start(() => []);

const welcome = {
  verb: "WELCOME",
  version: 1,
  session: 7,
  resumed: false,
  received: 0,
  bootId: "00000000000000ee",
  name: "liar",
  epoch: 9,
  heartbeatMs: defaultTiming.heartbeatMs,
  liveness: defaultTiming.liveness,
  sinks: [],
} as const;

/** Welcomes everybody, and then says these. */
const liar = (says: readonly Message[], details: Partial<typeof welcome> | object = {}): Promise<RawServer> =>
  RawServer.start((frames) =>
    helloOf(frames) === undefined
      ? []
      : [{ ...welcome, ...details } as Message, ...says].map((each) => encodeMessage(each)),
  );

describe("a worker that was given a bad server beside an honest ventilator", () => {
  test.each([
    ["says nothing", silence],
    ["answers with nonsense", nonsense],
    [
      "names sinks at endpoints that are none",
      () =>
        liar([], {
          sinks: [
            { id: "a", endpoint: "nowhere" },
            { id: "b", endpoint: "tcp://127.0.0.1:*" },
          ],
        }),
    ],
  ])("which %s works for the honest one", async (_, start) => {
    await using cluster = await Cluster.start({ timing: patient });
    const server = cluster.use(await start());
    const ventilators = [server.endpoint, cluster.ventilator.endpoints.workers];
    const { role: worker } = await cluster.worker({ ventilators, handlers: [squaring] });
    await expect.poll(() => server.heard, waitOptions).toBeGreaterThan(1);
    const { taskId } = await cluster.ventilator.submit(square, 4);
    expect(await cluster.ventilator.run(square, 3)).toBe(9);
    await cluster.results.until(1);
    expect(cluster.results.only(taskId)).toMatchObject({ output: 16, attempt: 1 });
    await cluster.expectRest();
    expect(worker.stats()).toMatchObject({ failed: 0, running: 0, queued: 0 });
  });

  test("which names a sink at an endpoint that is none reports it", async () => {
    await using cluster = await Cluster.start({ timing: patient });
    const server = cluster.use(await liar([], { sinks: [{ id: "a", endpoint: "nowhere" }] }));
    const { events } = await cluster.worker({ ventilators: [server.endpoint], handlers: [squaring] });
    const { reason } = await events.next("peer.violated", { fits: ({ channel }) => channel === "sink:a" });
    expect(reason).toContain("nowhere");
    await events.next("sink.unreachable");
  });

  test("which hands out tasks that it may not gives them back, says so, and works for the honest one", async () => {
    const envelope = {
      verb: "TASKS",
      session: 7,
      received: 0,
      options: noOptions,
      values: encodeValues([1]),
    } as const;
    const origin = "00000000000000dd";
    const says: Message[] = [
      // Another epoch, a definition that the worker has not, a sink that was not named, more than it granted.
      { ...envelope, number: 1, epoch: 8, definition: 0, ids: idRun(origin, 1, 1) },
      { ...envelope, number: 2, epoch: 9, definition: 5, ids: idRun(origin, 2, 1) },
      { ...envelope, number: 3, epoch: 9, definition: 0, sink: "unknown", ids: idRun(origin, 3, 1) },
      {
        ...envelope,
        number: 4,
        epoch: 9,
        definition: 0,
        ids: idRun(origin, 4, 4_000),
        values: encodeValues(new Array(4_000).fill(1)),
      },
    ];
    await using cluster = await Cluster.start({ timing: patient });
    const server = cluster.use(await liar(says));
    const ventilators = [server.endpoint, cluster.ventilator.endpoints.workers];
    const { role: worker, events } = await cluster.worker({
      ventilators,
      concurrency: 2,
      handlers: [squaring],
    });
    await expect.poll(() => worker.stats().violations, waitOptions).toBeGreaterThanOrEqual(4);
    expect(events.of("peer.violated").every(({ channel }) => channel === "ventilator:0")).toBe(true);
    expect(await cluster.ventilator.run(square, 3)).toBe(9);
    expect(worker.stats()).toMatchObject({ completed: 1, running: 0, queued: 0 });
  });
});

test.each([
  ["says nothing", silence],
  [
    "answers with nonsense that is no WELCOME",
    () => RawServer.start(() => [[Buffer.from("what?")], [Buffer.alloc(1)]]),
  ],
])("a producer whose server %s is told that it is unreachable", async (_, start) => {
  await using server = await start();
  await using cluster = await Cluster.start();
  const { log } = cluster.logs.worker;
  const error = await errorOf(startProducer({ ventilators: [server.endpoint], timeoutMs: 300, log }));
  expect(error.code).toBe("TQ_ERR_UNREACHABLE");
  expect(server.heard).toBeGreaterThan(0);
});

test.each([
  ["says nothing", silence],
  ["answers with nonsense", nonsense],
])("a ventilator whose second sink %s has everything committed by the first", async (_, start) => {
  await using cluster = await Cluster.start({ timing: patient });
  const server = cluster.use(await start());
  const { role: ventilator } = await cluster.startVentilator({
    sinks: [cluster.sink.endpoint, server.endpoint],
  });
  await cluster.worker({ ventilators: [ventilator.endpoints.workers], handlers: [squaring] });
  await expect.poll(() => server.heard, waitOptions).toBeGreaterThan(1);
  await ventilator.submitMany(square, Array.from({ length: 200 }).keys());
  await cluster.results.until(200);
  await expect.poll(() => ventilator.stats().unsettled, waitOptions).toBe(0);
});
