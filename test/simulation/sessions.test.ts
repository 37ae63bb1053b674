/**
 * Both ends of a session over a network that loses, duplicates, delays and cuts: whatever happens, what is sent within a
 * session is handled once and in order, and what a session leaves unacknowledged is all that can be in doubt.
 */
import {
  defaultTiming,
  type Session,
  SessionClient,
  type SessionClientHandler,
  SessionServer,
  type SessionServerHandler,
} from "@tq/common/protocol";
import { FaultyNetwork, seededRandom, VirtualClock } from "@tq/common/transport";
import type { Message, NumberedContent } from "@tq/common/wire";
import { expect, test } from "vitest";

const content = (seq: number): NumberedContent => ({
  verb: "ACCEPTED",
  ids: { origins: ["0000000000000001"], runs: [0, seq, 1] },
});

const seqOf = (message: { ids?: { runs: readonly number[] } }): number => message.ids?.runs[1] ?? 0;

interface Ends {
  readonly clock: VirtualClock;
  readonly network: FaultyNetwork<Message>;
  readonly client: SessionClient;
  /** Seqs handled by the server, one list per session. */
  readonly handled: Map<number, number[]>;
  /** Seqs that sessions left unacknowledged. */
  readonly leftOver: number[];
  readonly sessions: Session[];
}

const connect = (seed: number): Ends => {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const network = new FaultyNetwork<Message>({
    clock,
    random,
    faults: { lose: 0.05, duplicate: 0.05, cut: 0.02, delayMs: [0, 30] },
  });
  const handled = new Map<number, number[]>();
  const leftOver: number[] = [];
  const sessions: Session[] = [];
  let boots = 0;
  const serverHandler: SessionServerHandler = {
    admit: () => undefined,
    welcome: () => ({ sinks: [] }),
    opened: (_now, session) => handled.set(session.id, []),
    received: (_now, session, message) => {
      if (message.verb === "ACCEPTED") handled.get(session.id)?.push(seqOf(message));
    },
    ended: () => {},
    heartbeatState: () => ({}),
  };
  const link = network.bind("server", (route, message) => server.receive(clock.now(), route, message));
  const server = new SessionServer({
    identity: { bootId: "00000000000000aa", name: "server", epoch: 1 },
    timing: defaultTiming,
    transmit: (route, message) => link.send(route, message),
    handler: serverHandler,
    roles: ["producer"],
    firstSession: 1,
  });
  const clientHandler: SessionClientHandler = {
    hello: () => ({ role: "producer", name: "client", definitions: [], slots: 0, tags: [] }),
    opened: (_now, session) => sessions.push(session),
    resumed: () => {},
    received: () => {},
    ended: (_now, unacknowledged) =>
      leftOver.push(...unacknowledged.map((left) => seqOf(left as { ids?: never }))),
    unreachable: () => {},
    refused: () => {},
    heartbeatState: () => ({}),
  };
  const client = new SessionClient(0, {
    timing: defaultTiming,
    transmit: (message) => connection.send(message),
    handler: clientHandler,
    drawBootId: () => `00000000000000b${boots++}`,
  });
  const connection = network.connect("server", {
    receive: (message) => client.receive(clock.now(), message),
    opened: () => client.connected(clock.now()),
  });
  const tick = (): void => {
    server.wake(clock.now(), 0);
    client.wake(clock.now(), 0);
    clock.after(25, tick);
  };
  clock.schedule(0, tick);
  return { clock, network, client, handled, leftOver, sessions };
};

/** Sends `count` messages at odd times, whenever a session is open. Returns the seqs that were sent, per session. */
const talk = (ends: Ends, count: number, random: () => number): Map<number, number[]> => {
  const sent = new Map<number, number[]>();
  let seq = 0;
  const speak = (): void => {
    const { session } = ends.client;
    if (session !== undefined && seq < count) {
      seq += 1;
      session.send(ends.clock.now(), content(seq));
      sent.set(session.id, [...(sent.get(session.id) ?? []), seq]);
    }
    if (seq < count) ends.clock.after(random() * 40, speak);
  };
  ends.clock.schedule(0, speak);
  return sent;
};

test("every message of a session is handled once and in order, over 500 bad networks", () => {
  for (let seed = 1; seed <= 500; seed++) {
    const ends = connect(seed);
    const sent = talk(ends, 60, seededRandom(seed + 10_000));
    ends.clock.runUntil(5_000);
    ends.network.rest();
    ends.clock.runUntil(20_000);
    const last = ends.client.session;
    expect(last, `seed ${seed}`).toBeDefined();
    for (const [session, seqs] of sent) {
      const handled = ends.handled.get(session) ?? [];
      // In order and without a gap or a repetition: a beginning of what was sent.
      expect(handled, `seed ${seed}, session ${session}`).toEqual(seqs.slice(0, handled.length));
      const missing = seqs.slice(handled.length);
      if (session === last?.id) expect(missing, `seed ${seed}`).toEqual([]);
      for (const seq of missing) expect(ends.leftOver, `seed ${seed}`).toContain(seq);
    }
  }
});

test("a session outlives a cut: the same one goes on over the new connection", () => {
  const ends = connect(1);
  ends.network.rest();
  ends.clock.runUntil(100);
  const before = ends.client.session?.id;
  for (const client of ends.network.clients) client.cut();
  ends.client.session?.send(ends.clock.now(), content(1));
  ends.clock.runUntil(1_000);
  expect(ends.client.session?.id).toBe(before);
  expect(ends.sessions).toHaveLength(1);
  expect(ends.handled.get(before ?? 0)).toEqual([1]);
});
