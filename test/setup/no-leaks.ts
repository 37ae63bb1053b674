// Fails a test file that leaves something open: a timer, socket, server, worker thread, child process, file watcher or
// signal listener. Vitest ends each file's process by force and would never tell; its own `detectAsyncLeaks` follows
// every promise, which is slow, and does not see native sockets.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll } from "vitest";
import { countHandles, grown } from "./live-handles.ts";

/** Closing is asynchronous: a handle may outlive its `close()` by some turns of the event loop, a thread by more. */
const settleMs = 2_000;
const pollMs = 10;

// The standard streams open when they are first looked at; whoever does so has leaked nothing.
void [process.stdin, process.stdout, process.stderr];

const before = countHandles();

// Registered before any hook of the test file, hence run after all of them.
afterAll(async () => {
  const deadline = performance.now() + settleMs;
  let open = grown(before, countHandles());
  while (open.length > 0 && performance.now() < deadline) {
    await pause(pollMs, undefined, { ref: false });
    open = grown(before, countHandles());
  }
  if (open.length > 0) {
    throw new Error(`This file leaves open: ${open.join(", ")}. Close it in the test or in afterEach.`);
  }
});
