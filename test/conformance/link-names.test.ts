/** Host names, and the two kinds of addresses that they stand for. */
import { createZeromqTransport, reachableEndpoint, type Transport } from "@tq/common/transport";
import { expect, onTestFinished, test, vi } from "vitest";
import { bindProbe, connectProbe, meet, type ServerProbe } from "../support/link-probe.ts";

type Options = Parameters<typeof createZeromqTransport>[0];

function node(options: Options = {}): Transport {
  const transport = createZeromqTransport(options);
  onTestFinished(() => transport.close());
  return transport;
}

const portOf = ({ link }: ServerProbe): string => link.endpoint.replace(/^.*:/, "");

/** What a lookup says of a name that nobody has. */
const notFound = (): Error =>
  Object.assign(new Error("getaddrinfo ENOTFOUND queue.example"), { code: "ENOTFOUND" });

test.each([
  { bound: "tcp://127.0.0.1:*", found: ["::1", "127.0.0.2", "127.0.0.1"] },
  { bound: "tcp://[::1]:*", found: ["127.0.0.1", "::1"] },
])("tries the addresses of a name in turn until $bound answers", async ({ bound, found }) => {
  const server = await bindProbe(node(), bound);
  const lookUp = vi.fn(async (_host: string) => found);
  await meet(server, connectProbe(node({ lookUp }), `tcp://queue.example:${portOf(server)}`));
  expect(lookUp.mock.calls).toEqual([["queue.example"]]);
});

test("finds a service that has moved to another address", async () => {
  const old = await bindProbe(node(), "tcp://127.0.0.1:*");
  let address = "127.0.0.1";
  const client = connectProbe(node({ lookUp: async () => [address] }), `tcp://queue.example:${portOf(old)}`);
  await meet(old, client);
  const moved = await bindProbe(node(), `tcp://127.0.0.2:${portOf(old)}`);
  address = "127.0.0.2";
  await old.link.close();
  await meet(moved, client);
});

test("a name that cannot be found is said once for each reason, and found as soon as it can be", async () => {
  const server = await bindProbe(node(), "tcp://127.0.0.1:*");
  const onNobody = vi.fn();
  const answers = [
    Promise.reject(notFound()),
    Promise.reject(notFound()),
    Promise.resolve([]),
    Promise.resolve(["127.0.0.1"]),
  ];
  for (const answer of answers) answer.catch(() => {});
  const lookUp = () => answers.shift() ?? Promise.reject(new Error("asked too often"));
  const endpoint = `tcp://queue.example:${portOf(server)}`;
  await meet(server, connectProbe(node({ lookUp, onNobody }), endpoint));
  expect(onNobody.mock.calls).toEqual([
    [{ endpoint, code: "ENOTFOUND", message: "getaddrinfo ENOTFOUND queue.example" }],
    [{ endpoint, code: "unknown", message: "queue.example has no address" }],
  ]);
});

test("a link closes while its name is still being looked up", async () => {
  const lookup = Promise.withResolvers<readonly string[]>();
  const client = connectProbe(node({ lookUp: () => lookup.promise }), "tcp://queue.example:5557");
  await client.link.close();
  lookup.resolve(["127.0.0.1"]);
  await lookup.promise;
  client.opened.expectSilence();
});

test("links that wait for the same name share one lookup, and none with the next", async () => {
  const servers = [
    await bindProbe(node(), "tcp://127.0.0.1:*"),
    await bindProbe(node(), "tcp://127.0.0.1:*"),
  ];
  const lookUp = vi.fn(async (_host: string) => ["127.0.0.1"]);
  const transport = node({ lookUp });
  const connect = (server: ServerProbe) => connectProbe(transport, `tcp://queue.example:${portOf(server)}`);
  const clients = servers.map(connect);
  for (const [index, server] of servers.entries()) await meet(server, clients[index] ?? connect(server));
  expect(lookUp).toHaveBeenCalledTimes(1);
  for (const server of servers) await meet(server, connect(server));
  expect(lookUp).toHaveBeenCalledTimes(3);
});

test("neither addresses nor localhost are looked up", async () => {
  const server = await bindProbe(node(), "tcp://127.0.0.1:*");
  const lookUp = vi.fn(async () => []);
  const transport = node({ lookUp });
  for (const host of ["127.0.0.1", "localhost"]) {
    await meet(server, connectProbe(transport, `tcp://${host}:${portOf(server)}`));
  }
  expect(lookUp).not.toHaveBeenCalled();
});

test("a name cannot be bound, and the error says what can", async () => {
  await expect(bindProbe(node(), "tcp://queue.example:5557")).rejects.toMatchObject({
    code: "TQ_ERR_INVALID_ENDPOINT",
    message: expect.stringMatching(/"queue.example" .*tcp:\/\/10\.0\.0\.5:5557.*tcp:\/\/\*:5557.*interface/),
  });
});

test("a network interface can be bound by its name", async () => {
  const server = await bindProbe(node(), "tcp://lo:*");
  expect(server.link.endpoint).toBe(`tcp://127.0.0.1:${portOf(server)}`);
  await meet(server, connectProbe(node(), server.link.endpoint));
});

test("[::] serves IPv6 and IPv4", async () => {
  const server = await bindProbe(node(), "tcp://[::]:*");
  expect(server.link.endpoint).toBe(`tcp://[::]:${portOf(server)}`);
  for (const via of ["tcp://[::1]:1", "tcp://127.0.0.1:1"]) {
    await meet(server, connectProbe(node(), reachableEndpoint(server.link.endpoint, via)));
  }
});

test("* serves IPv4 alone: the port is still free for IPv6", async () => {
  const server = await bindProbe(node(), "tcp://*:*");
  expect(server.link.endpoint).toBe(`tcp://0.0.0.0:${portOf(server)}`);
  const other = await bindProbe(node(), `tcp://[::1]:${portOf(server)}`);
  await meet(server, connectProbe(node(), reachableEndpoint(server.link.endpoint, "tcp://127.0.0.1:1")));
  await meet(other, connectProbe(node(), other.link.endpoint));
});
