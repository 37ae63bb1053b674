import { describe, expect, test } from "vitest";
import { type Faults, FaultyNetwork } from "./faulty-network.ts";
import { Inbox } from "./inbox.ts";
import { seededRandom } from "./seeded-random.ts";
import { VirtualClock } from "./virtual-clock.ts";

interface Arrival {
  readonly at: number;
  readonly route?: string;
  readonly payload: number | string;
}

/** One server and one client that have met. */
function pair(faults: Faults = {}, seed = 1) {
  const clock = new VirtualClock();
  const network = new FaultyNetwork<number | string>({ clock, random: seededRandom(seed), reconnectMs: 5 });
  const atServer = new Inbox<Arrival>();
  const atClient = new Inbox<Arrival>();
  const opened: (string | undefined)[] = [];
  const server = network.bind("s", (route, payload) => atServer.push({ at: clock.now(), route, payload }));
  const client = network.connect("s", {
    receive: (payload) => atClient.push({ at: clock.now(), payload }),
    opened: () => opened.push(client.route),
  });
  clock.runUntil(0);
  network.faults = faults;
  return { clock, network, server, client, atServer, atClient, opened };
}

const payloads = (inbox: Inbox<Arrival>) => inbox.takeAll().map(({ payload }) => payload);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
/** The route of a connection that a test knows to stand. */
const routeOf = ({ route }: { route: string | undefined }): string => route ?? "no connection";

describe("a network without faults", () => {
  test("delivers in order, at the same instant, but not inside send", () => {
    const { clock, client, atServer } = pair();
    for (const number of upTo(10)) client.send(number);
    atServer.expectSilence();
    clock.runUntil(0);
    expect(payloads(atServer)).toEqual(upTo(10));
  });

  test("drops and counts what does not fit into a pipe", () => {
    const { clock, client, atServer } = pair();
    for (const number of upTo(70)) client.send(number);
    clock.runUntil(0);
    expect(payloads(atServer)).toEqual(upTo(64));
    expect(client.stats()).toEqual({ sent: 64, received: 0, dropped: 6 });
  });
});

describe("a cut", () => {
  test("loses all in flight, both ways, and brings the client back under a new route", () => {
    const { clock, client, server, atServer, atClient, opened } = pair();
    const oldRoute = routeOf(client);
    client.send("lost");
    server.send(oldRoute, "lost");
    client.cut();
    client.send("dropped: nobody there");
    server.send(oldRoute, "dropped: unknown route");
    clock.runUntil(4);
    expect(opened).toHaveLength(1);
    clock.runUntil(5);
    expect(opened).toEqual([oldRoute, client.route]);
    expect(client.route).not.toBe(oldRoute);
    atServer.expectSilence();
    atClient.expectSilence();
    expect(client.stats().dropped).toBe(1);
    expect(server.stats().dropped).toBe(1);
  });

  test("in the middle of a delivery loses the rest of it", () => {
    const clock = new VirtualClock();
    const network = new FaultyNetwork<number>({ clock });
    const arrived: number[] = [];
    network.bind("s", (_route, payload) => {
      arrived.push(payload);
      if (payload === 1) client.cut();
    });
    const client = network.connect("s", { receive: () => {} });
    clock.runUntil(0);
    for (const number of upTo(5)) client.send(number);
    clock.runUntil(0);
    expect(arrived).toEqual([0, 1]);
  });
});

describe("a partition", () => {
  test("loses one way in silence, until it is healed, over a connection that stands", () => {
    const { clock, client, server, atServer, atClient } = pair();
    const route = routeOf(client);
    client.partition("toServer");
    client.send("lost");
    server.send(route, "arrives");
    clock.runUntil(10);
    client.heal();
    client.send("arrives");
    clock.runUntil(20);
    expect(payloads(atServer)).toEqual(["arrives"]);
    expect(payloads(atClient)).toEqual(["arrives"]);
    expect(client.route).toBe(route);
    expect(client.stats().dropped).toBe(0);
  });

  test("lets no new connection through", () => {
    const { clock, client, opened } = pair();
    client.partition();
    client.cut();
    clock.runUntil(100);
    expect(opened).toHaveLength(1);
    client.heal();
    clock.runUntil(105);
    expect(opened).toHaveLength(2);
  });
});

describe("drawn faults", () => {
  test("a delay keeps the order and stays within its bounds", () => {
    const { clock, client, atServer } = pair({ delayMs: [10, 20] });
    for (const number of upTo(60)) client.send(number);
    clock.runUntil(100);
    const arrivals = atServer.takeAll();
    expect(arrivals.map(({ payload }) => payload)).toEqual(upTo(60));
    for (const { at } of arrivals) {
      expect(at).toBeGreaterThanOrEqual(10);
      expect(at).toBeLessThan(20);
    }
    expect(new Set(arrivals.map(({ at }) => at)).size).toBeGreaterThan(1);
  });

  test("lost and doubled messages leave the others in order", () => {
    const { clock, client, atServer } = pair({ lose: 0.3, duplicate: 0.3 });
    for (const number of upTo(40)) client.send(number);
    clock.runUntil(0);
    const arrived = payloads(atServer).map(Number);
    expect(arrived).toEqual(arrived.toSorted((a, b) => a - b));
    const distinct = new Set(arrived).size;
    expect(distinct).toBeLessThan(40);
    expect(arrived.length).toBeGreaterThan(distinct);
  });

  test("the same seed gives the same run, another seed another", () => {
    const run = (seed: number) => {
      const faults = { lose: 0.1, duplicate: 0.1, cut: 0.05, delayMs: [0, 3] } as const;
      const { clock, client, atServer } = pair(faults, seed);
      for (const number of upTo(200)) {
        client.send(number);
        clock.runUntil(number);
      }
      return atServer.takeAll();
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  test("stop, with every partition, when the network is put to rest", () => {
    const { clock, network, client, atServer } = pair({ lose: 1 });
    client.partition();
    network.rest();
    client.send("arrives");
    clock.runUntil(10);
    expect(payloads(atServer)).toEqual(["arrives"]);
  });
});

describe("an end that leaves", () => {
  test("by close has its last words delivered; by crash it has not", () => {
    for (const [leave, expected] of [
      ["close", ["last"]],
      ["crash", []],
    ] as const) {
      const toServer = pair({ delayMs: [1, 2] });
      toServer.client.send("last");
      toServer.client[leave]();
      toServer.clock.runUntil(10);
      expect(payloads(toServer.atServer)).toEqual(expected);
      expect(toServer.network.clients.size).toBe(0);

      const toClient = pair({ delayMs: [1, 2] });
      toClient.server.send(routeOf(toClient.client), "last");
      toClient.server[leave]();
      toClient.clock.runUntil(10);
      expect(payloads(toClient.atClient)).toEqual(expected);
    }
  });

  test("frees the name for another server, which the client finds", () => {
    const { clock, network, server, client, opened } = pair();
    expect(() => network.bind("s", () => {})).toThrow(
      expect.objectContaining({ code: "TQ_ERR_ADDRESS_IN_USE" }),
    );
    server.crash();
    clock.runUntil(10);
    expect(client.route).toBeUndefined();
    network.bind("s", () => {});
    clock.runUntil(20);
    expect(opened).toHaveLength(2);
  });
});
