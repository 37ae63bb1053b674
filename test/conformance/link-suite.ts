/**
 * What every carrier of links must do, said once. A carrier's own test file gives its name and how to make its transports;
 * what only one carrier can do is tested there.
 */
import { linkLimits, type Transport } from "@tq/common/transport";
import { describe, expect, onTestFinished, test } from "vitest";
import { bindProbe, connectProbe, frames, meet } from "../support/link-probe.ts";

export interface Carrier {
  readonly name: string;
  /** Gives a maker of transports that all meet. */
  readonly world: () => () => Transport;
  /** Binds anywhere. */
  readonly wildcard: () => string;
}

/** A transport that is closed with the test. */
function nodeMaker(carrier: Carrier): () => Transport {
  const make = carrier.world();
  return () => {
    const transport = make();
    onTestFinished(() => transport.close());
    return transport;
  };
}

/** An endpoint that nobody serves, but that can be served. */
async function freeEndpoint(transport: Transport, carrier: Carrier): Promise<string> {
  const { link } = await bindProbe(transport, carrier.wildcard());
  await link.close();
  return link.endpoint;
}

export function linkSuite(carrier: Carrier): void {
  describe(`links over ${carrier.name}`, () => {
    messages(carrier);
    traffic(carrier);
    routes(carrier);
    connections(carrier);
    losses(carrier);
    lastWords(carrier);
    closing(carrier);
  });
}

function messages(carrier: Carrier): void {
  test("carries messages whole and in order, both ways", async () => {
    const node = nodeMaker(carrier);
    const server = await bindProbe(node(), carrier.wildcard());
    const client = connectProbe(node(), server.link.endpoint);
    const route = await meet(server, client);
    const sent = Array.from({ length: 30 }, (_, index) => [`message ${index}`, "second frame", `${index}`]);

    for (const texts of sent) client.link.send(frames(...texts));
    for (const texts of sent) expect(await server.inbox.next()).toEqual({ route, texts });

    for (const texts of sent) server.link.send(route, frames(...texts));
    for (const texts of sent) expect(await client.inbox.next()).toEqual(texts);
    server.inbox.expectSilence();
    client.inbox.expectSilence();
  });

  test("keeps empty frames, wherever they stand", async () => {
    const node = nodeMaker(carrier);
    const server = await bindProbe(node(), carrier.wildcard());
    const client = connectProbe(node(), server.link.endpoint);
    const route = await meet(server, client);
    for (const texts of [[""], ["", "a"], ["a", "", ""]]) {
      client.link.send(frames(...texts));
      expect(await server.inbox.next()).toEqual({ route, texts });
      server.link.send(route, frames(...texts));
      expect(await client.inbox.next()).toEqual(texts);
    }
  });

  test("carries a frame of 16 MiB", async () => {
    const node = nodeMaker(carrier);
    const received = Promise.withResolvers<readonly Uint8Array[]>();
    const link = await node().bind(carrier.wildcard(), {
      receive: (_route, given) => received.resolve(given),
    });
    const client = connectProbe(node(), link.endpoint);
    const big = Buffer.alloc(16 * 1024 * 1024, "0123456789abcdef-");
    await client.opened.next();
    client.link.send([Buffer.from("head"), big]);
    const [head, body] = await received.promise;
    expect(Buffer.from(head ?? [])).toEqual(Buffer.from("head"));
    // Not `toEqual`, which would print both.
    expect(big.equals(body ?? new Uint8Array())).toBe(true);
  });
}

function traffic(carrier: Carrier): void {
  test("loses none of 10,000 messages each way while half a pipe is under way", async () => {
    const node = nodeMaker(carrier);
    const count = 10_000;
    const arrived: number[] = [];
    const server = await node().bind(carrier.wildcard(), {
      receive: (route, received) => {
        arrived.push(Number(Buffer.from(received[0] ?? [])));
        server.send(route, received);
      },
    });
    const answered: number[] = [];
    const done = Promise.withResolvers<void>();
    let sent = 0;
    const sendOne = (): void => client.send(frames(`${sent++}`));
    const client = node().connect(server.endpoint, {
      opened: () => {
        while (sent < linkLimits.pipeMessagesMax / 2) sendOne();
      },
      receive: (received) => {
        answered.push(Number(Buffer.from(received[0] ?? [])));
        if (sent < count) sendOne();
        else if (answered.length === count) done.resolve();
      },
    });
    await done.promise;
    const inOrder = Array.from({ length: count }, (_, index) => index);
    expect(arrived).toEqual(inOrder);
    expect(answered).toEqual(inOrder);
    expect(client.stats()).toEqual({ sent: count, received: count, dropped: 0 });
    expect(server.stats()).toEqual({ sent: count, received: count, dropped: 0 });
  });

  test("never receives inside a call of its own", async () => {
    const node = nodeMaker(carrier);
    const inside = { isCalling: true };
    const seen: boolean[] = [];
    const answered = Promise.withResolvers<void>();
    const calling = <T>(call: () => T): T => {
      inside.isCalling = true;
      const result = call();
      inside.isCalling = false;
      return result;
    };
    const server = await node().bind(carrier.wildcard(), {
      receive: (route, given) => {
        seen.push(inside.isCalling);
        calling(() => server.send(route, given));
      },
    });
    const client = calling(() =>
      node().connect(server.endpoint, {
        opened: () => calling(() => client.send(frames("a"))),
        receive: () => {
          seen.push(inside.isCalling);
          answered.resolve();
        },
      }),
    );
    await answered.promise;
    expect(seen).toEqual([false, false]);
  });
}

function routes(carrier: Carrier): void {
  test("tells peers apart, and answers only the one that is meant", async () => {
    const node = nodeMaker(carrier);
    const server = await bindProbe(node(), carrier.wildcard());
    const first = connectProbe(node(), server.link.endpoint);
    const firstRoute = await meet(server, first);
    const second = connectProbe(node(), server.link.endpoint);
    const secondRoute = await meet(server, second);
    expect(secondRoute).not.toBe(firstRoute);

    server.link.send(secondRoute, frames("for the second"));
    server.link.send(firstRoute, frames("for the first"));
    expect(await first.inbox.next()).toEqual(["for the first"]);
    expect(await second.inbox.next()).toEqual(["for the second"]);
    first.link.send(frames("the first again"));
    expect(await server.inbox.next()).toEqual({ route: firstRoute, texts: ["the first again"] });
  });

  test("drops and counts what goes to an unknown route, and serves the others", async () => {
    const node = nodeMaker(carrier);
    const server = await bindProbe(node(), carrier.wildcard());
    const client = connectProbe(node(), server.link.endpoint);
    const route = await meet(server, client);
    server.link.send("nobody", frames("lost"));
    server.link.send(route, frames("found"));
    expect(await client.inbox.next()).toEqual(["found"]);
    expect(server.link.stats()).toMatchObject({ sent: 1, dropped: 1 });
  });
}

function connections(carrier: Carrier): void {
  test("resolves a wildcard to an endpoint that can be connected to", async () => {
    const node = nodeMaker(carrier);
    const server = await bindProbe(node(), carrier.wildcard());
    const other = await bindProbe(node(), carrier.wildcard());
    expect(server.link.endpoint).not.toContain("*");
    expect(server.link.endpoint).not.toBe(other.link.endpoint);
    await meet(server, connectProbe(node(), server.link.endpoint));
  });

  test("refuses an endpoint that is taken, and names it", async () => {
    const node = nodeMaker(carrier);
    const server = await bindProbe(node(), carrier.wildcard());
    const { endpoint } = server.link;
    await expect(bindProbe(node(), endpoint)).rejects.toMatchObject({
      code: "TQ_ERR_ADDRESS_IN_USE",
      message: expect.stringContaining(endpoint),
    });
    await meet(server, connectProbe(node(), endpoint));
  });

  test("serves a client that connected before anybody was bound", async () => {
    const node = nodeMaker(carrier);
    const endpoint = await freeEndpoint(node(), carrier);
    const client = connectProbe(node(), endpoint);
    const server = await bindProbe(node(), endpoint);
    await meet(server, client);
  });

  test("brings a client back under a new route when the server is bound anew", async () => {
    const node = nodeMaker(carrier);
    const before = await bindProbe(node(), carrier.wildcard());
    const client = connectProbe(node(), before.link.endpoint);
    const oldRoute = await meet(before, client);
    await before.link.close();

    const after = await bindProbe(node(), before.link.endpoint);
    const newRoute = await meet(after, client);
    expect(newRoute).not.toBe(oldRoute);
    after.link.send(oldRoute, frames("to a route of the past"));
    after.link.send(newRoute, frames("to the present"));
    expect(await client.inbox.next()).toEqual(["to the present"]);
  });

  test("refuses endpoints it cannot serve, before anything is opened", async () => {
    const transport = nodeMaker(carrier)();
    const receive = (): void => {};
    const wrong = { code: "TQ_ERR_INVALID_ENDPOINT" };
    await expect(transport.bind("nonsense", { receive })).rejects.toMatchObject(wrong);
    await expect(transport.bind("pgm://239.0.0.1:7500", { receive })).rejects.toMatchObject(wrong);
    expect(() => transport.connect("nonsense", { receive })).toThrow(expect.objectContaining(wrong));
    expect(() => transport.connect(carrier.wildcard(), { receive })).toThrow(expect.objectContaining(wrong));
  });
}

function losses(carrier: Carrier): void {
  test("drops and counts what is said while nobody is there, and does not say it later", async () => {
    const node = nodeMaker(carrier);
    const endpoint = await freeEndpoint(node(), carrier);
    const client = connectProbe(node(), endpoint);
    client.link.send(frames("to nobody"));
    const server = await bindProbe(node(), endpoint);
    await client.opened.next();
    client.link.send(frames("to somebody"));
    expect((await server.inbox.next()).texts).toEqual(["to somebody"]);
    expect(client.link.stats()).toEqual({ sent: 1, received: 0, dropped: 1 });
  });
}

function lastWords(carrier: Carrier): void {
  test("lets the last words of a closing client through", async () => {
    const node = nodeMaker(carrier);
    const server = await bindProbe(node(), carrier.wildcard());
    const client = connectProbe(node(), server.link.endpoint);
    const route = await meet(server, client);
    client.link.send(frames("bye"));
    await client.link.close();
    expect(await server.inbox.next()).toEqual({ route, texts: ["bye"] });
  });

  test("lets the last words of a closing server through", async () => {
    const node = nodeMaker(carrier);
    const server = await bindProbe(node(), carrier.wildcard());
    const client = connectProbe(node(), server.link.endpoint);
    const route = await meet(server, client);
    server.link.send(route, frames("bye"));
    await server.link.close();
    expect(await client.inbox.next()).toEqual(["bye"]);
  });

  test("gives a client that was busy all of what a closing server had said", async () => {
    const node = nodeMaker(carrier);
    const server = await bindProbe(node(), carrier.wildcard());
    const client = connectProbe(node(), server.link.endpoint);
    const route = await meet(server, client);
    // So many that a reader who pauses now and then does so in the middle of the last words.
    const before = linkLimits.messagesPerTurnMax - 30;
    for (let index = 0; index < before; index++) {
      server.link.send(route, frames("before"));
      await client.inbox.next();
    }
    const words = Array.from({ length: 60 }, (_, index) => [`${index}`]);
    for (const texts of words) server.link.send(route, frames(...texts));
    const closing = server.link.close();
    // The event loop stands still while words and end arrive.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    await closing;
    for (const texts of words) expect(await client.inbox.next()).toEqual(texts);
  });
}

function closing(carrier: Carrier): void {
  test("frees its endpoint by the time close resolves", async () => {
    const node = nodeMaker(carrier);
    let { link } = await bindProbe(node(), carrier.wildcard());
    const client = connectProbe(node(), link.endpoint);
    for (let round = 0; round < 5; round++) {
      const endpoint = link.endpoint;
      await client.opened.next();
      await link.close();
      ({ link } = await bindProbe(node(), endpoint));
    }
  });

  test("receives nothing once close was called, drops what is sent then, and can be closed twice", async () => {
    const node = nodeMaker(carrier);
    const server = await bindProbe(node(), carrier.wildcard());
    const closed = connectProbe(node(), server.link.endpoint);
    const open = connectProbe(node(), server.link.endpoint);
    const closedRoute = await meet(server, closed);
    const openRoute = await meet(server, open);
    server.link.send(closedRoute, frames("too late"));
    server.link.send(openRoute, frames("in time"));
    const closing = closed.link.close();
    closed.link.send(frames("from the grave"));
    await Promise.all([closing, closed.link.close()]);
    expect(await open.inbox.next()).toEqual(["in time"]);
    closed.inbox.expectSilence();
    expect(closed.link.stats().dropped).toBe(1);

    open.link.send(frames("too late"));
    const serverClosing = server.link.close();
    server.link.send(openRoute, frames("from the grave"));
    await Promise.all([serverClosing, server.link.close()]);
    server.inbox.expectSilence();
    expect(server.link.stats().dropped).toBe(1);
  });
}
