import { expect, test, vi } from "vitest";
import { NamedConnection } from "./named-connection.ts";
import type { Connection, ConnectionHandlers, ConnectionSocket } from "./zeromq-connection.ts";

/** A connection whose lookup is answered, and whose attempts are opened and ended, by hand. */
function connectionTo() {
  const lookup = Promise.withResolvers<readonly string[]>();
  const attempts: { address: string; handlers: ConnectionHandlers }[] = [];
  const close = vi.fn(async () => {});
  const unresolved = vi.fn();
  const handlers = { opened: vi.fn(), receive: vi.fn(), ended: vi.fn() };
  const connect = (address: string, given: ConnectionHandlers): Connection<ConnectionSocket> => {
    attempts.push({ address, handlers: given });
    return { isOpen: true, socket: undefined, close };
  };
  const connection = new NamedConnection({ lookUp: () => lookup.promise, connect, unresolved }, handlers);
  return { connection, lookup, attempts, close, unresolved, handlers };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("tries the addresses in turn, and ends after the last", async () => {
  const { lookup, attempts, handlers, connection } = connectionTo();
  expect(connection.isOpen).toBe(false);
  lookup.resolve(["::1", "10.0.0.1"]);
  await settled();
  expect(attempts.map(({ address }) => address)).toEqual(["::1"]);
  attempts[0]?.handlers.ended();
  expect(attempts.map(({ address }) => address)).toEqual(["::1", "10.0.0.1"]);
  expect(handlers.ended).not.toHaveBeenCalled();
  attempts[1]?.handlers.ended();
  expect(handlers.ended).toHaveBeenCalledOnce();
});

test("leaves the other addresses alone once one has opened, so that the name is looked up anew", async () => {
  const { lookup, attempts, handlers } = connectionTo();
  lookup.resolve(["10.0.0.1", "10.0.0.2"]);
  await settled();
  attempts[0]?.handlers.opened();
  expect(handlers.opened).toHaveBeenCalledOnce();
  attempts[0]?.handlers.ended();
  expect(handlers.ended).toHaveBeenCalledOnce();
  expect(attempts).toHaveLength(1);
});

test("says that a name has no address, and ends", async () => {
  const { lookup, attempts, handlers, unresolved } = connectionTo();
  const error = new Error("getaddrinfo ENOTFOUND nobody");
  lookup.reject(error);
  await settled();
  expect(unresolved).toHaveBeenCalledExactlyOnceWith(error);
  expect(handlers.ended).toHaveBeenCalledOnce();
  expect(attempts).toEqual([]);
});

test.each(["found", "not found"])("a lookup whose name is %s after close changes nothing", async (how) => {
  const { connection, lookup, attempts, handlers, unresolved } = connectionTo();
  await connection.close();
  if (how === "found") lookup.resolve(["10.0.0.1"]);
  else lookup.reject(new Error("too late"));
  await settled();
  expect(attempts).toEqual([]);
  expect(unresolved).not.toHaveBeenCalled();
  expect(handlers.ended).not.toHaveBeenCalled();
});

test("closes the attempt that is under way", async () => {
  const { connection, lookup, close } = connectionTo();
  lookup.resolve(["10.0.0.1"]);
  await settled();
  await connection.close();
  expect(close).toHaveBeenCalledOnce();
});
