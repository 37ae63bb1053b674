import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { linkLimits } from "./limits.ts";
import { ZeromqClientLink } from "./zeromq-client-link.ts";
import type { Connection, ConnectionHandlers } from "./zeromq-connection.ts";
import type { Dealer } from "./zeromq-sockets.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A link whose connections are made and ended by hand. */
function linkBy(random: number) {
  const attempts: ConnectionHandlers[] = [];
  const close = vi.fn(async () => {});
  const connect = (handlers: ConnectionHandlers): Connection<Dealer> => {
    attempts.push(handlers);
    return { isOpen: false, socket: undefined, close };
  };
  const link = new ZeromqClientLink({ connect, random: () => random }, { receive() {} });
  /** Ends the newest connection and gives the wait until the next. */
  const waitAfterEnd = (): number => {
    const startedAt = Date.now();
    attempts.at(-1)?.ended();
    vi.advanceTimersToNextTimer();
    return Date.now() - startedAt;
  };
  return { link, attempts, waitAfterEnd };
}

const { reconnectMs, reconnectMsMax } = linkLimits;

test("waits longer after each attempt in vain, up to a maximum, and short again after one that opened", () => {
  const { attempts, waitAfterEnd } = linkBy(1);
  expect([waitAfterEnd(), waitAfterEnd(), waitAfterEnd()]).toEqual([
    reconnectMs,
    2 * reconnectMs,
    4 * reconnectMs,
  ]);
  expect([waitAfterEnd(), waitAfterEnd()]).toEqual([reconnectMsMax, reconnectMsMax]);
  attempts.at(-1)?.opened();
  expect(waitAfterEnd()).toBe(reconnectMs);
  expect(attempts).toHaveLength(7);
});

test("draws each wait from its upper half", () => {
  expect(linkBy(0).waitAfterEnd()).toBe(reconnectMs / 2);
});

test("makes no attempt after close, whether it waited for one or not", async () => {
  const waiting = linkBy(0);
  waiting.attempts[0]?.ended();
  await waiting.link.close();
  const connected = linkBy(0);
  await connected.link.close();
  connected.attempts[0]?.ended();
  expect(vi.getTimerCount()).toBe(0);
});
