import { expect, test } from "vitest";
import { CreditAccount, CreditWindow } from "./credit.ts";

test("a grant that comes late or twice changes nothing", () => {
  const account = new CreditAccount();
  account.grant(10, 1_000);
  account.spend(4, 100);
  account.grant(10, 1_000);
  account.grant(5, 500);
  expect([account.tasks, account.bytes]).toEqual([6, 900]);
});

test("one payload may overrun the byte credit, a second one may not", () => {
  const account = new CreditAccount();
  account.grant(10, 100);
  expect(account.tasks).toBe(10);
  account.spend(1, 5_000);
  expect(account.tasks).toBe(0);
  account.grant(11, 5_100);
  expect(account.tasks).toBe(10);
});

test("a window that shrinks takes no credit back and grants nothing until it is reached", () => {
  const window = new CreditWindow();
  expect(window.open(100, 1_000)).toBe(true);
  expect(window.open(10, 1_000)).toBe(false);
  window.release(80, 0);
  expect(window.open(10, 1_000)).toBe(false);
  window.release(15, 0);
  expect(window.open(10, 1_000)).toBe(true);
  expect(window.tasksGranted).toBe(105);
});
