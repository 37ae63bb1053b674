import { createMemoryHub, type Frames, type PushLink } from "@tq/common/transport";
import { beforeEach, expect, test } from "vitest";
import { ThreadLinks } from "./thread-links.ts";
import type { ToThread } from "./thread-messages.ts";
import { ThreadTransport } from "./thread-transport.ts";

/** Both sides in one thread: what one posts, the other gets a moment later, as a clone. */
const hub = createMemoryHub();
let main: ThreadLinks;
let thread: ThreadTransport;
beforeEach(() => {
  const later = (run: () => void) => setImmediate(run);
  thread = new ThreadTransport((message, transfer = []) => {
    const clone = structuredClone(message, { transfer: [...transfer] });
    later(() => "link" in clone && main.take(clone));
  });
  main = new ThreadLinks(hub.transport(), (message: ToThread, transfer = []) => {
    const clone = structuredClone(message, { transfer: [...transfer] });
    later(() => clone.type !== "close" && thread.take(clone));
  });
});

const message = (n: number): Frames => [Uint8Array.of(n), Buffer.from(`body ${n}`)];
const numberOf = ([first]: Frames): number | undefined => first?.[0];

/** Writes until the pipe is full and nothing moves any more; gives how many went in. */
async function fill(link: PushLink, from: number): Promise<number> {
  let written = 0;
  let idle = 0;
  while (idle < 50 && written < 200) {
    if (link.isWritable) {
      link.send(message(from + written));
      written += 1;
      idle = 0;
    } else {
      idle += 1;
      await new Promise(setImmediate);
    }
  }
  return written;
}

test("a link carries messages both ways, says when it is open, and the sender keeps its frames", async () => {
  const received: Frames[] = [];
  const server = await hub.transport().bind("memory:server", {
    receive: (route, frames) => server.send(route, frames),
  });
  const opened = Promise.withResolvers<void>();
  const link = thread.connect("memory:server", {
    receive: (frames) => received.push(frames),
    opened: () => opened.resolve(),
  });
  await opened.promise;
  const sent = message(1);
  link.send(sent);
  await expect.poll(() => received.length).toBe(1);
  expect(received[0]?.map((frame) => Buffer.from(frame).toString())).toEqual(["\x01", "body 1"]);
  expect(sent[1]?.length).toBe(6);
  expect(link.stats()).toMatchObject({ sent: 1, received: 1 });
  await link.close();
  await server.close();
});

test("a pipe to a thread that does not take fills up, and loses nothing when it goes on", async () => {
  const push = await hub.transport().bindPush("memory:to-thread", { drained: () => {} });
  const received: Frames[] = [];
  const pull = thread.connectPull("memory:to-thread", { receive: (frames) => received.push(frames) });
  pull.pause();
  const count = await fill(push, 0);
  // No more than lie in the pipe and on their way: not all that anybody wants to write.
  expect(count).toBeGreaterThan(1);
  expect(count).toBeLessThan(20);
  expect(received).toEqual([]);
  pull.resume();
  await expect.poll(() => received.length).toBe(count);
  expect(await fill(push, count)).toBe(200);
  await expect.poll(() => received.length).toBe(count + 200);
  expect(received.map(numberOf)).toEqual(received.map((_, n) => n));
  await push.close();
  await thread.close();
});

test("a pipe from a thread is writable no more when its reader does not read, and says when it is again", async () => {
  const received: Frames[] = [];
  const pull = await hub.transport().bindPull("memory:from-thread", {
    receive: (frames) => received.push(frames),
  });
  pull.pause();
  let drains = 0;
  const push = thread.connectPush("memory:from-thread", {
    drained: () => {
      drains += 1;
    },
  });
  expect(push.isWritable).toBe(false);
  const count = await fill(push, 0);
  expect(count).toBeLessThan(20);
  expect(push.isWritable).toBe(false);
  const before = drains;
  pull.resume();
  await expect.poll(() => drains).toBe(before + 1);
  await expect.poll(() => received.length).toBe(count);
  expect(received.map(numberOf)).toEqual(received.map((_, n) => n));
  await pull.close();
  await thread.close();
});

test("what a thread would bind is refused", async () => {
  for (const bind of [
    () => thread.bind("memory:x"),
    () => thread.bindPush("memory:x"),
    () => thread.bindPull("memory:x"),
  ])
    await expect(bind()).rejects.toMatchObject({ code: "TQ_ERR_INVALID_ENDPOINT" });
});
