import { afterEach, expect, test, vi } from "vitest";
import { type CallerKind, InprocCaller, InprocHost } from "./inproc-doors.ts";

const end = { messagesMax: 4, silenceMs: 30_000 };
const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

let names = 0;
const freshName = (): string => `door-${names++}`;

function host(name: string): InprocHost {
  const made = new InprocHost(name, { serves: "client", end }, {});
  open.push(made);
  return made;
}

/** Closed by hand or with the test. */
function caller(name: string, kind: CallerKind = "client") {
  const opened = Promise.withResolvers<void>();
  const handlers = { opened: opened.resolve, receive: vi.fn(), unanswered: vi.fn() };
  const made = new InprocCaller(name, { kind, end }, handlers);
  open.push(made);
  const leave = (): void => {
    open.splice(open.indexOf(made), 1);
    made.close();
  };
  return { made, opened: opened.promise, leave };
}

test("lets everybody in who knocks, whoever came first, and each once", async () => {
  const name = freshName();
  const early = caller(name);
  const { ends } = host(name);
  const late = caller(name);
  await Promise.all([early.opened, late.opened]);
  expect([...ends.keys()].sort()).toEqual([early, late].map(({ made }) => made.open?.connection).sort());
});

test("lets nobody in who has left before the answer, or who is no peer of what was bound", async () => {
  const name = freshName();
  const { ends } = host(name);
  const stranger = caller(name, "pull");
  caller(name).leave();
  const last = caller(name);
  await last.opened;
  expect([...ends.keys()]).toEqual([last.made.open?.connection]);
  expect(stranger.made.open).toBeUndefined();
});

test("forgets a caller that closes", async () => {
  const name = freshName();
  const { ends } = host(name);
  const first = caller(name);
  const second = caller(name);
  await Promise.all([first.opened, second.opened]);
  first.leave();
  await expect.poll(() => ends.size, { timeout: 4_000 }).toBe(1);
});
