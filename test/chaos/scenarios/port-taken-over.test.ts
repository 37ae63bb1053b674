/** Somebody else has the port of a ventilator or a sink for a while: peers take no harm, and go on when it is back. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { handler } from "@tq/common";
import { expect, test } from "vitest";
import { square } from "../../integration/fixtures/tasks.ts";
import { anyPort, Cluster } from "../../integration/support/cluster.ts";
import { brisk } from "../../integration/support/timings.ts";

const squaring = handler(square, (n: number) => n * n);

/** Answers whoever comes in its own way. */
async function startStranger(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const met = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    answer(socket);
    socket.once("data", () => met.resolve());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    met: met.promise,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const strangers: readonly (readonly [name: string, answer: (socket: Socket) => void])[] = [
  ["a web server", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")],
  ["one that greets first", (socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n")],
  ["one that says back whatever it hears", (socket) => socket.pipe(socket)],
  ["one that says nothing", (socket) => socket.resume()],
];

test.each(strangers)("%s in place of the ventilator", async (_, answer) => {
  await using cluster = await Cluster.start({ timing: brisk, ventilator: { producers: anyPort } });
  const { workers, producers = "" } = cluster.ventilator.endpoints;
  const workersProxy = await cluster.proxy(workers);
  const producersProxy = await cluster.proxy(producers);
  await cluster.worker({ handlers: [squaring], ventilators: [workersProxy.endpoint] });
  const { role: producer } = await cluster.producer({ ventilators: [producersProxy.endpoint] });
  expect(await producer.run(square, 2)).toBe(4);
  await using stranger = await startStranger(answer);
  for (const proxy of [workersProxy, producersProxy]) {
    proxy.retarget(stranger.endpoint);
    proxy.cut();
  }
  await stranger.met;
  const submitted = producer.submitMany(square, [1, 2, 3]);
  const answered = producer.run(square, 5);
  workersProxy.retarget(workers);
  producersProxy.retarget(producers);
  await stranger[Symbol.asyncDispose]();
  expect(await submitted).toMatchObject({ accepted: 3 });
  expect(await answered).toBe(25);
  await cluster.results.until(3);
  await cluster.expectRest();
  expect(cluster.results.repeated).toEqual([]);
});

test.each(strangers)("%s in place of the sink", async (_, answer) => {
  await using cluster = await Cluster.start({ timing: brisk, sinkProxy: true });
  await cluster.worker({ handlers: [squaring] });
  await cluster.ventilator.submit(square, 2);
  await cluster.results.until(1);
  await using stranger = await startStranger(answer);
  cluster.sinkProxy.retarget(stranger.endpoint);
  cluster.sinkProxy.cut();
  await stranger.met;
  await cluster.ventilator.submitMany(square, [1, 2, 3]);
  cluster.sinkProxy.retarget(cluster.sink.endpoint);
  await stranger[Symbol.asyncDispose]();
  await cluster.results.until(4);
  await cluster.expectRest();
  expect(cluster.results.repeated).toEqual([]);
});
