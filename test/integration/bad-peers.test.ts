/** Peers that talk nonsense, say nothing, lie about who they are or never read, at every port, while real work goes on. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { handler } from "@tq/common";
import { seededRandom } from "@tq/common/transport";
import { decodeMessage, type Message } from "@tq/common/wire";
import { expect, test, vi } from "vitest";
import { napping } from "./fixtures/handlers.ts";
import { measure, nap } from "./fixtures/tasks.ts";
import { anyPort, Cluster, waitOptions } from "./support/cluster.ts";
import { RawPeer } from "./support/raw-peer.ts";
import { brisk } from "./support/timings.ts";
import { framesOf, vectors } from "./support/vectors.ts";

const taskCount = 2_000;

/** 0 to 4 milliseconds of work each. */
const naps = (count: number): number[] => Array.from({ length: count }, (_, n) => n % 5);

/** A pipeline with a remote producer and a worker, at work until `finish`, and the ports that a bad peer can reach. */
async function startWork() {
  const cluster = await Cluster.start({ ventilator: { producers: anyPort } });
  const worker = await cluster.worker({ name: "honest", concurrency: 8, handlers: [napping] });
  const producer = await cluster.producer({ name: "honest" });
  await cluster.sinkEvents.next("worker.joined");
  const submitted = producer.role.submitMany(nap, naps(taskCount));
  const answered = (async () => {
    const outputs: number[] = [];
    for await (const output of producer.role.map(nap, naps(500), { inFlight: 50 })) outputs.push(output);
    return outputs;
  })();
  const { workers, producers = "" } = cluster.ventilator.endpoints;
  /** Everything is done, once, and nobody honest has noticed anything. `besides`: results that a bad peer offered. */
  const finish = async ({ besides = 0 } = {}): Promise<void> => {
    expect(await answered).toEqual(naps(500));
    await submitted;
    await cluster.results.until(taskCount + besides);
    await cluster.expectRest();
    expect(cluster.results.size).toBe(taskCount + besides);
    expect(cluster.results.repeated).toEqual([]);
    const isHonest = (event: object) => Object.values(event).includes("honest");
    for (const type of [
      "worker.gone",
      "worker.left",
      "producer.left",
      "producer.gone",
      "task.crashed",
    ] as const) {
      expect(cluster.events.of(type).filter(isHonest)).toEqual([]);
    }
    expect(cluster.sinkEvents.of("worker.left").filter(isHonest)).toEqual([]);
    expect(worker.events.of("ventilator.lost")).toEqual([]);
    expect(worker.events.of("sink.lost")).toEqual([]);
    expect(producer.events.of("ventilator.lost")).toEqual([]);
  };
  return { cluster, worker, producer, ports: [workers, producers, cluster.sink.endpoint], finish };
}

/** Of a vector. Its verbs and violations are of many shapes, which are of no interest here. */
async function connectTo(endpoint: string): Promise<Socket> {
  const socket = connect(Number(endpoint.split(":").at(-1)), "127.0.0.1");
  // A port that hangs up on nonsense is right to do so.
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

const greeting = Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]);

test("bytes that are no ZeroMQ, at every port, disturb no work", async () => {
  const { cluster, ports, finish } = await startWork();
  await using _ = cluster;
  const random = seededRandom(1);
  const noise = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, () => random() * 256));
  const words = [
    Buffer.from("GET / HTTP/1.1\r\nhost: tq\r\n\r\n"),
    Buffer.alloc(1024 * 1024),
    greeting,
    Buffer.concat([greeting, Buffer.from("NULL"), noise(200)]),
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ...Array.from({ length: 20 }, (_, n) => noise(1 << (n % 12))),
  ];
  const sockets: Socket[] = [];
  for (const port of ports) {
    for (const bytes of words) {
      const socket = await connectTo(port);
      socket.write(bytes);
      sockets.push(socket);
    }
    // Hangs up in the middle of a word.
    const short = await connectTo(port);
    short.end(greeting.subarray(0, 5));
    sockets.push(short);
  }
  await finish();
  for (const socket of sockets) socket.destroy();
});

test("frames that are no message, at every port, are counted and reported, and disturb no work", async () => {
  const { cluster, ports, finish } = await startWork();
  await using _ = cluster;
  const random = seededRandom(2);
  const noise = (): Buffer => Buffer.from(Array.from({ length: 1 + random() * 300 }, () => random() * 256));
  const refused = vectors.messagesToRefuse.filter(({ frames }) => frames.length > 0);
  for (const port of ports) {
    const peer = cluster.use(new RawPeer(port));
    for (const vector of refused) await peer.sayFrames(framesOf(vector));
    for (let count = 0; count < 50; count++) await peer.sayFrames([noise(), noise()]);
    await peer.sayFrames([Buffer.alloc(8 * 1024 * 1024, 0x91)]);
    await peer.sayFrames(Array.from({ length: 200 }, noise));
  }
  await finish();
  const perPort = refused.length + 50 + 2;
  await expect.poll(() => cluster.ventilator.stats().violations, waitOptions).toBe(2 * perPort);
  await expect.poll(() => cluster.sink.stats().violations, waitOptions).toBe(perPort);
  for (const channel of ["workers", "producers"]) {
    const reports = cluster.events.of("peer.violation").filter((event) => event.channel.startsWith(channel));
    // At the first and at powers of two: never a flood.
    expect(reports.length).toBeGreaterThan(3);
    expect(reports.length).toBeLessThan(12);
  }
  expect(cluster.sinkEvents.of("peer.violation").length).toBeGreaterThan(3);
});

/** Every verb there is, said in a session of somebody else's. */
const allVerbs = vectors.messages.map((vector): Message => {
  const decoded = decodeMessage(framesOf(vector));
  if (!decoded.ok) throw new Error("a vector is a message");
  return decoded.message;
});
const inSessionOf = (session: number): Message[] =>
  allVerbs.flatMap((message) => {
    if (!("session" in message) || message.verb === "HELLO" || message.verb === "WELCOME") return [];
    return [{ ...message, session, received: 0, ...("number" in message && { number: 1 }) } as Message];
  });

test("messages in unknown sessions, and in those of other peers, are answered with RESYNC and change nothing", async () => {
  const { cluster, worker, producer, ports, finish } = await startWork();
  await using _ = cluster;
  const sessions = [
    (await worker.events.next("ventilator.joined")).session,
    (await producer.events.next("ventilator.joined")).session,
    (await cluster.sinkEvents.next("worker.joined")).session,
    (await cluster.sinkEvents.next("ventilator.joined")).session,
    7,
  ];
  for (const port of ports) {
    const peer = cluster.use(new RawPeer(port));
    for (const session of sessions) {
      // BYE among them, which would end the session if it were believed.
      const messages = inSessionOf(session);
      expect(messages.length).toBeGreaterThan(15);
      for (const message of messages) await peer.say(message);
      expect(await peer.hear("RESYNC")).toMatchObject({ verb: "RESYNC" });
    }
  }
  await finish();
  expect(cluster.ventilator.stats().resyncs).toBeGreaterThan(100);
  expect(cluster.sink.stats().resyncs).toBeGreaterThan(50);
});

test("a peer of another version, and one with the boot id of a live peer, are refused with the reason", async () => {
  const { cluster, worker, ports, finish } = await startWork();
  await using _ = cluster;
  const roles = ["worker", "producer", "ventilator"] as const;
  for (const [index, role] of roles.entries()) {
    const newer = cluster.use(new RawPeer(ports[index] ?? ""));
    await newer.sayHello({ role, version: 2 });
    expect(await newer.hear("REFUSED")).toMatchObject({ code: "TQ_ERR_UNSUPPORTED_VERSION" });
  }
  const { bootId } = await worker.events.next("ventilator.joined");
  const clone = cluster.use(new RawPeer(ports[0] ?? ""));
  await clone.sayHello({ role: "worker", bootId });
  expect(await clone.hear("REFUSED")).toMatchObject({ code: "TQ_ERR_BOOT_ID_IN_USE" });
  await finish();
});

test("peers that connect and say nothing, or nothing after HELLO, disturb no work and hold nothing for long", async () => {
  const { cluster, ports, finish } = await startWork();
  await using _ = cluster;
  const [workers = "", producers = "", sink = ""] = ports;
  const sockets = await Promise.all(ports.map(connectTo));
  for (const port of ports) cluster.use(new RawPeer(port));
  await cluster
    .use(new RawPeer(workers))
    .join({ role: "worker", definitions: [{ name: nap.name }], slots: 4 });
  await cluster.use(new RawPeer(producers)).join({ role: "producer" });
  await cluster.use(new RawPeer(sink)).join({ role: "worker", definitions: [{ name: nap.name }] });
  await cluster.use(new RawPeer(sink)).join({ role: "ventilator" });
  await cluster.events.next("worker.gone", { fits: ({ worker }) => worker === "raw" });
  await vi.waitFor(() => expect(cluster.ventilator.stats().producers).toBe(1), waitOptions);
  await cluster.sinkEvents.next("worker.left", {
    fits: ({ worker, reason }) => worker === "raw" && reason === "silent",
  });
  await cluster.sinkEvents.next("ventilator.left", {
    fits: ({ ventilator, reason }) => ventilator === "raw" && reason === "silent",
  });
  await finish();
  expect(cluster.ventilator.stats()).toMatchObject({ workers: 1, producers: 1 });
  for (const socket of sockets) socket.destroy();
});

test("a worker that takes credit and never reads: its leases come back, and others have done all of them in the end", async () => {
  await using cluster = await Cluster.start({ timing: brisk });
  const measuring = handler(measure, (bytes) => bytes.length);
  const deaf = cluster.use(new RawPeer(cluster.ventilator.endpoints.workers, { receiveHighWaterMark: 1 }));
  const { session } = await deaf.join({
    role: "worker",
    definitions: [{ name: measure.name }],
    slots: 1_000,
  });
  await deaf.say({ verb: "GRANT", session, received: 0, grants: [0, 1_000, 1e9] });
  // More than all buffers on the way can hold.
  const inputs = Array.from({ length: 400 }, () => Buffer.alloc(64 * 1024));
  await cluster.ventilator.submitMany(measure, inputs);
  await vi.waitFor(() => expect(cluster.ventilator.stats().leased).toBeGreaterThan(100), waitOptions);
  await cluster.worker({ name: "honest", concurrency: 4, handlers: [measuring] });
  expect(await cluster.events.next("worker.gone")).toMatchObject({ worker: "raw" });
  await cluster.results.until(inputs.length);
  await cluster.expectRest();
  expect(cluster.results.repeated).toEqual([]);
  expect(cluster.results.all.every(({ worker }) => worker === "honest")).toBe(true);
});

test("a producer that submits and never reads: others submit and are answered as ever", async () => {
  await using cluster = await Cluster.start({ timing: brisk, ventilator: { producers: anyPort } });
  await cluster.worker({ concurrency: 8, handlers: [napping] });
  const { role: producer } = await cluster.producer();
  const deaf = cluster.use(
    new RawPeer(cluster.ventilator.endpoints.producers ?? "", { receiveHighWaterMark: 1 }),
  );
  const { session } = await deaf.join({ role: "producer" });
  const says = {
    verb: "SUBMIT",
    session,
    received: 0,
    definition: { name: nap.name },
    reply: "answer",
  } as const;
  const values = { lengths: [1], slab: Buffer.from([0]) };
  const deafTasks = 500;
  for (let number = 1; number <= deafTasks; number++) {
    const ids = { origins: ["00000000000000ff"], runs: [0, number, 1] };
    await deaf.say({ ...says, number, ids, options: {}, values });
  }
  const outputs: number[] = [];
  for await (const output of producer.map(nap, naps(500))) outputs.push(output);
  expect(outputs).toEqual(naps(500));
  await producer.submitMany(nap, naps(500));
  await cluster.results.until(500);
  // Its answers wait for it, for as long as it may yet come back: nothing else is unsettled.
  await expect
    .poll(() => cluster.ventilator.stats(), waitOptions)
    .toMatchObject({ producers: 1, unsettled: deafTasks, leased: 0, ready: 0 });
});

test("a producer that submits beyond its credit loses its session, and is counted", async () => {
  const tasks = 4_096;
  // Nobody is granted more than there is room for, which is one such message.
  await using cluster = await Cluster.start({
    timing: brisk,
    ventilator: { producers: anyPort, unsettledTasksMax: tasks },
  });
  const greedy = cluster.use(new RawPeer(cluster.ventilator.endpoints.producers ?? ""));
  const hello = { role: "producer", bootId: "00000000000000ab" } as const;
  const { session } = await greedy.join(hello);
  const values = { lengths: new Array<number>(tasks).fill(1), slab: Buffer.alloc(tasks) };
  const says = {
    verb: "SUBMIT",
    session,
    received: 0,
    definition: { name: nap.name },
    reply: "answer",
  } as const;
  for (let number = 1; number <= 8; number++) {
    const ids = { origins: ["00000000000000ff"], runs: [0, number * tasks, tasks] };
    await greedy.say({ ...says, number, ids, options: {}, values });
  }
  await greedy.hear("RESYNC");
  expect(await cluster.events.next("peer.violation")).toMatchObject({ channel: "producers", count: 1 });
  expect(cluster.ventilator.stats()).toMatchObject({ unsettled: tasks, violations: 1 });
  // When it says goodbye, what it had submitted is given up, and there is room for others again.
  const again = await greedy.join(hello);
  await greedy.say({ verb: "BYE", session: again.session, received: 0, reason: "enough" });
  await cluster.worker({ handlers: [napping] });
  const { role: producer } = await cluster.producer();
  expect(await producer.run(nap, 1)).toBe(1);
  await cluster.expectRest();
});

test("a worker that offers results and never hears of their commit: others have theirs committed as ever", async () => {
  const { cluster, ports, finish } = await startWork();
  await using _ = cluster;
  const deaf = cluster.use(new RawPeer(ports[2] ?? "", { receiveHighWaterMark: 1 }));
  const { session } = await deaf.join({ role: "worker", definitions: [{ name: "odd" }] });
  const [, granted = 0] = (await deaf.hear("HEARTBEAT")).grants ?? [];
  expect(granted).toBeGreaterThan(100);
  const says = { verb: "RESULTS", session, received: 0, epoch: 1, definition: 0, durationsUs: [1] } as const;
  const values = { lengths: [1], slab: Buffer.from([0]) };
  for (let number = 1; number <= 100; number++) {
    const ids = { origins: ["00000000000000ff"], runs: [0, number, 1] };
    await deaf.say({ ...says, number, ids, values });
  }
  const isDeaf = ({ worker }: { worker: string }) => worker === "raw";
  expect(await cluster.sinkEvents.next("worker.left", { fits: isDeaf })).toMatchObject({ reason: "silent" });
  await finish({ besides: 100 });
});
