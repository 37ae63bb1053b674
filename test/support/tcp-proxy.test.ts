import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

interface Ends {
  readonly proxy: TcpProxy;
  readonly client: Socket;
  readonly server: Socket;
  /** What each has received. */
  readonly read: { client: string; server: string };
}

/** Not `once`: a reset is an error, and then a close. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once("close", () => resolve()));

async function connectThrough(): Promise<Ends> {
  const listening = createServer().listen(0, "127.0.0.1");
  await once(listening, "listening");
  const proxy = await startTcpProxy(`tcp://127.0.0.1:${(listening.address() as AddressInfo).port}`);
  const accepted = once(listening, "connection");
  const client = connect(Number(proxy.endpoint.split(":").at(-1)), "127.0.0.1");
  const [server] = (await accepted) as [Socket];
  const read = { client: "", server: "" };
  for (const [name, socket] of Object.entries({ client, server })) {
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("data", (text: string) => {
      read[name as keyof typeof read] += text;
    });
  }
  onTestFinished(async () => {
    client.destroy();
    server.destroy();
    listening.close();
    await proxy.close();
  });
  return { proxy, client, server, read };
}

test("a way that is paused keeps what comes, the other goes on, and all arrives in order once resumed", async () => {
  const { proxy, client, server, read } = await connectThrough();
  proxy.pause("onward");
  client.write("one");
  server.write("two");
  await expect.poll(() => read.client).toBe("two");
  client.write("three");
  expect(read.server).toBe("");
  proxy.resume();
  await expect.poll(() => read.server).toBe("onethree");
});

test("what is delayed arrives in order, and not before", async () => {
  const { proxy, client, read } = await connectThrough();
  proxy.delay(80);
  const sentAt = performance.now();
  client.write("one");
  client.write("two");
  await expect.poll(() => read.server, { interval: 1 }).toBe("onetwo");
  expect(performance.now() - sentAt).toBeGreaterThanOrEqual(79);
});

test("a message is damaged in its first byte, once, and the next is not", async () => {
  const { proxy, client, read } = await connectThrough();
  proxy.flip("onward");
  client.write("g".repeat(64));
  client.write("\x00\x02ab\x00\x02cd");
  await expect.poll(() => read.server.slice(64)).toBe("\x00\x02!b\x00\x02cd");
  expect(proxy.flipped).toBe(1);
});

test("an end that is lost is reset, and the other is told nothing", async () => {
  const { proxy, client, server, read } = await connectThrough();
  const lost = closed(server);
  proxy.loseTarget();
  await lost;
  client.write("into the void");
  expect(proxy.connections).toBe(0);
  const ended = closed(client);
  expect(client.destroyed).toBe(false);
  proxy.cut();
  await ended;
  expect(read).toEqual({ client: "", server: "" });
});

test("connections that are hung up end in order, with all that was said before", async () => {
  const { proxy, client, server, read } = await connectThrough();
  const ended = [once(client, "end"), once(server, "end")];
  client.write("last words");
  await expect.poll(() => read.server).toBe("last words");
  proxy.hangUp();
  await Promise.all(ended);
  await expect.poll(() => proxy.connections).toBe(0);
});
