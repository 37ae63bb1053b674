import pino from "pino";
import { expect, test, vi } from "vitest";
import { defineTask, isTask } from "./define-task.ts";
import { type Handler, handler, isHandler, type TaskLogger } from "./handler.ts";
import { isTqError } from "./is-tq-error.ts";
import { type } from "./schema.ts";
import { TqError } from "./tq-error.ts";

const square = defineTask({ name: "square", input: type<number>(), output: type<number>() });

test("of all that a module may export, only what handler() made is a handler", () => {
  const made = handler(square, (n) => n * n);
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const agreeable = new Proxy({}, { get: () => "yes" });
  const others = [{ ...made }, made.run, square, "square", null, undefined, revoked, agreeable];
  expect(isHandler(made)).toBe(true);
  expect(others.filter(isHandler)).toEqual([]);
});

test("another copy of the package recognises handlers, tasks and errors of this one", async () => {
  vi.resetModules();
  const other = await import("./handler.ts");
  const otherErrors = await import("./is-tq-error.ts");
  expect(other.handler).not.toBe(handler);
  const made = handler(square, (n) => n * n);
  const theirs = other.handler(square, (n) => n * n);
  expect([other.isHandler(made), isHandler(theirs), isTask(theirs.task)]).toEqual([true, true, true]);
  expect(otherErrors.isTqError(new TqError("TQ_ERR_CLOSED", "closed"), "TQ_ERR_CLOSED")).toBe(true);
});

test.each([
  ["a task that defineTask did not make", [{ ...square }, () => 1], "TQ_ERR_INVALID_TASK"],
  ["a function that is none", [square, 7], "TQ_ERR_INVALID_HANDLER"],
] as const)("refuses %s", (_what, args, code) => {
  const call = () => Reflect.apply(handler, undefined, args);
  expect(call).toThrow(expect.objectContaining({ code }));
});

test("handlers of different tasks go into one list, and pino's logger is one for a handler", () => {
  const shout = defineTask({ name: "shout", input: type<string>(), output: type<string>() });
  const handlers: readonly Handler[] = [
    handler(square, (n) => n * n),
    handler(shout, (s) => s.toUpperCase()),
  ];
  const log: TaskLogger = pino({ enabled: false });
  expect(handlers.map(({ task }) => task.name)).toEqual(["square", "shout"]);
  expect(isTqError(log)).toBe(false);
});
