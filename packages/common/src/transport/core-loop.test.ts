import { expect, test, vi } from "vitest";
import { encodeMessage, type Message } from "../wire/index.ts";
import type { Core } from "./core.ts";
import { CoreLoop } from "./core-loop.ts";
import { virtualHost } from "./loop-hosts.ts";
import { VirtualClock } from "./virtual-clock.ts";

const resync: Message = { verb: "RESYNC", bootId: "0123456789abcdef" };
const from = { channel: "peers", route: "r1" };

/** A core that writes down what it is called with. `said` starts empty: the first flush of a fresh loop is done. */
function recorded(overrides: Partial<Core> = {}) {
  const clock = new VirtualClock();
  const said: string[] = [];
  let wakeAt = Number.POSITIVE_INFINITY;
  const core: Core = {
    receive: (now, { channel, route }, { verb }) => said.push(`${now} receive ${verb} ${channel} ${route}`),
    violation: (now, { channel, route }) => said.push(`${now} violation ${channel} ${route}`),
    opened: (now, channel) => said.push(`${now} opened ${channel}`),
    flush: (now) => said.push(`${now} flush`),
    wake: (now, lateMs) => {
      wakeAt = Number.POSITIVE_INFINITY;
      said.push(`${now} wake ${lateMs} late`);
    },
    wakeAt: () => wakeAt,
    ...overrides,
  };
  const onFatal = vi.fn();
  const loop = new CoreLoop({ core, host: virtualHost(clock), onFatal });
  clock.runUntil(0);
  said.length = 0;
  const wakeWanted = (at: number): void => {
    wakeAt = at;
    loop.touch();
  };
  return { clock, loop, said, onFatal, wakeWanted };
}

test("a fresh core is flushed, and its timer set, without anything having come in", () => {
  const clock = new VirtualClock();
  const flush = vi.fn();
  const wake = vi.fn();
  const core: Core = { receive() {}, violation() {}, flush, wake, wakeAt: () => 10 };
  new CoreLoop({ core, host: virtualHost(clock), onFatal: () => {} });
  clock.runUntil(10);
  expect(flush).toHaveBeenNthCalledWith(1, 0);
  expect(wake).toHaveBeenNthCalledWith(1, 10, 0);
});

test("all that comes in within one turn is flushed once, at its end", () => {
  const { clock, loop, said } = recorded();
  clock.schedule(5, () => {
    loop.received(from, encodeMessage(resync));
    loop.opened("ventilator");
    loop.touch();
  });
  clock.schedule(5, () => loop.received(from, [Buffer.from("garbage")]));
  clock.runUntil(5);
  expect(said).toEqual([
    "5 receive RESYNC peers r1",
    "5 opened ventilator",
    "5 violation peers r1",
    "5 flush",
  ]);
});

test("a core is woken when it wants, and flushed after it", () => {
  const { clock, said, wakeWanted } = recorded();
  wakeWanted(20);
  clock.runUntil(0);
  said.length = 0;
  clock.runUntil(19);
  expect(said).toEqual([]);
  clock.runUntil(100);
  expect(said).toEqual(["20 wake 0 late", "20 flush"]);
});

test("an earlier wish moves the wake forward; a later one does not wake it early", () => {
  const { clock, said, wakeWanted } = recorded();
  wakeWanted(50);
  clock.runUntil(1);
  wakeWanted(10);
  clock.runUntil(2);
  wakeWanted(30);
  clock.runUntil(3);
  said.length = 0;
  clock.runUntil(100);
  expect(said).toEqual(["30 wake 0 late", "30 flush"]);
});

test("what lay in the sockets while the process was stuck is received before the core is woken", () => {
  // The host's own timer is late: a turn of the event loop took from 20 to 500.
  const clock = new VirtualClock();
  const said: string[] = [];
  const host = virtualHost(clock);
  const stuck = { ...host, timer: (at: number, run: () => void) => host.timer(Math.max(at, 500), run) };
  let heardAt = 0;
  const core: Core = {
    receive: (now) => {
      heardAt = now;
    },
    violation() {},
    flush() {},
    wake: (now, lateMs) => said.push(`${now} wake ${lateMs} late`),
    wakeAt: () => heardAt + 20,
  };
  const loop = new CoreLoop({ core, host: stuck, onFatal: () => {} });
  clock.runUntil(0);
  // The socket is read in the same turn as the timer fires, but after it.
  clock.schedule(500, () => loop.received(from, encodeMessage(resync)));
  clock.runUntil(519);
  expect(said).toEqual([]);
  clock.runUntil(520);
  expect(said).toEqual(["520 wake 0 late"]);
});

test("a wake that comes late says by how much", () => {
  const clock = new VirtualClock();
  const wake = vi.fn();
  const host = virtualHost(clock);
  const stuck = { ...host, timer: (at: number, run: () => void) => host.timer(Math.max(at, 500), run) };
  const core: Core = { receive() {}, violation() {}, flush() {}, wake, wakeAt: () => 20 };
  new CoreLoop({ core, host: stuck, onFatal: () => {} });
  clock.runUntil(500);
  expect(wake).toHaveBeenNthCalledWith(1, 500, 480);
});

test("a core whose wish stays in the past is woken every millisecond, not endlessly at once", () => {
  const wake = vi.fn();
  const { clock } = recorded({ wake, wakeAt: () => -1 });
  clock.runUntil(5);
  expect(wake).toHaveBeenCalledTimes(5);
});

test("a wish in the past is not put off by turns that follow each other closely", () => {
  const { clock, said, loop, wakeWanted } = recorded();
  clock.runUntil(10);
  wakeWanted(5);
  for (let at = 10; at < 20; at += 0.5) clock.schedule(at, () => loop.touch());
  clock.runUntil(20);
  expect(said.filter((call) => call.includes("wake"))).toEqual(["11 wake 6 late"]);
});

test("a throw is reported, and the core is never called again", () => {
  const bug = new Error("a bug");
  const { clock, loop, said, onFatal, wakeWanted } = recorded({
    receive: () => {
      throw bug;
    },
  });
  wakeWanted(10);
  clock.runUntil(1);
  said.length = 0;
  loop.received(from, encodeMessage(resync));
  loop.received(from, [Buffer.from("garbage")]);
  loop.flushNow();
  loop.touch();
  clock.runUntil(100);
  expect(onFatal.mock.calls).toEqual([[bug]]);
  expect(said).toEqual([]);
});

test("nothing is called after stop, not even what was due", () => {
  const { clock, loop, said, wakeWanted } = recorded();
  wakeWanted(10);
  loop.stop();
  clock.runUntil(100);
  expect(said).toEqual([]);
});
