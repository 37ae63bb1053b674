import { expect, test } from "vitest";
import type { Message } from "../wire/index.ts";
import { SessionServer } from "./session-server.ts";
import { defaultTiming } from "./timing.ts";

const { heartbeatMs, liveness } = defaultTiming;

/** A server with one producer, who has said HELLO at 0 on the route `r`. */
const serverWithPeer = () => {
  const sent: Message[] = [];
  const endings: string[] = [];
  const server = new SessionServer({
    identity: { bootId: "00000000000000aa", name: "server", epoch: 1 },
    timing: defaultTiming,
    firstSession: 1,
    roles: ["producer"],
    transmit: (_route, message) => sent.push(message),
    handler: {
      admit: () => undefined,
      welcome: () => ({ sinks: [] }),
      opened: () => {},
      received: () => {},
      ended: (_now, _session, reason) => endings.push(reason),
      heartbeatState: () => ({}),
    },
  });
  const hello = { role: "producer", name: "peer", definitions: [], slots: 0, tags: [] } as const;
  server.receive(0, "r", { verb: "HELLO", version: 1, bootId: "00000000000000bb", received: 0, ...hello });
  return { server, sent, endings };
};

test("a peer that is gone is found gone also by a side whose timers are always late", () => {
  const { server, endings } = serverWithPeer();
  const lateMs = heartbeatMs;
  for (let now = 0; now <= heartbeatMs * (liveness + 4); now += heartbeatMs) server.wake(now, lateMs);
  expect(endings).toEqual(["silent"]);
});

test("a side that was stuck gives its peer one more interval", () => {
  const { server, endings } = serverWithPeer();
  const stuckMs = heartbeatMs * liveness * 2;
  server.wake(stuckMs, stuckMs - heartbeatMs);
  expect(endings).toEqual([]);
  server.receive(stuckMs + heartbeatMs - 1, "r", { verb: "HEARTBEAT", session: 1, received: 0, sent: 0 });
  server.wake(stuckMs + heartbeatMs, 1);
  expect(endings).toEqual([]);
});

test("is woken for whatever is due next, whoever of many has said something meanwhile", () => {
  const { server, sent } = serverWithPeer();
  for (let now = 1; now <= heartbeatMs * 4; now += 1) {
    if (now % 100 === 0) {
      server.receive(now, "r", { verb: "HEARTBEAT", session: 1, received: 0, sent: 0 });
    }
    if (server.wakeAt() <= now) server.wake(now, 0);
  }
  expect(sent.filter(({ verb }) => verb === "HEARTBEAT")).toHaveLength(4);
  expect(server.wakeAt()).toBeGreaterThan(heartbeatMs * 4);
});
