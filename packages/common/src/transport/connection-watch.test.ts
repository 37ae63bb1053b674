import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConnectionWatch } from "./connection-watch.ts";
import { linkLimits } from "./limits.ts";
import type { SocketEvent } from "./socket-events.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched(...events: SocketEvent[]) {
  const opened = vi.fn();
  const stalled = vi.fn();
  const watch = new ConnectionWatch({ opened, stalled });
  for (const event of events) watch.heard(event);
  return { watch, opened, stalled };
}

const longMs = 3_600_000;

const healthy: SocketEvent[][] = [
  ["connect:delay"],
  ["connect:delay", "connect", "handshake"],
  ["connect:delay", "connect", "handshake", "disconnect", "connect:retry"],
  ["connect:delay", "close", "connect:retry"],
  ["connect", "handshake:error:other", "disconnect", "connect:retry", "connect:delay"],
];

test.each(healthy.map((events) => [events]))("%j needs no help", (events) => {
  const { stalled } = watched(...events);
  vi.advanceTimersByTime(longMs);
  expect(stalled).not.toHaveBeenCalled();
});

const abandoned: SocketEvent[][] = [
  ["connect", "handshake:error:protocol", "disconnect"],
  ["connect", "handshake:error:auth"],
  ["connect", "handshake", "disconnect"],
];

test.each(abandoned.map((events) => [events]))("%j and then silence is a socket that gave up", (events) => {
  const { stalled } = watched(...events);
  vi.advanceTimersByTime(linkLimits.stallMs - 1);
  expect(stalled).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(stalled).toHaveBeenCalledTimes(1);
});

test("a connection without a handshake is given up only after the handshake's own limit", () => {
  const { stalled } = watched("connect:delay", "connect");
  vi.advanceTimersByTime(linkLimits.handshakeMs);
  expect(stalled).not.toHaveBeenCalled();
  vi.advanceTimersByTime(linkLimits.stallMs);
  expect(stalled).toHaveBeenCalledTimes(1);
});

test("each handshake is a connection that opened", () => {
  const { opened } = watched("connect", "handshake", "disconnect", "connect:retry", "connect", "handshake");
  expect(opened).toHaveBeenCalledTimes(2);
});

test("a watch that was stopped leaves no timer", () => {
  const { watch } = watched("disconnect");
  watch.stop();
  expect(vi.getTimerCount()).toBe(0);
});
