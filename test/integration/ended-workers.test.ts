/** A process whose workers have ended keeps the threads of their hearts: it ends all the same, and in no other way than without. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("./fixtures/ended-workers.ts", import.meta.url));

async function endOf(what: string, signal?: NodeJS.Signals) {
  const child = spawn(process.execPath, [program, what], { stdio: ["pipe", "pipe", "pipe"] });
  const closed = once(child, "close");
  let said = "";
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  child.stdout.on("data", (chunk) => {
    said += chunk;
    if (signal !== undefined && said.includes("ready")) child.kill(signal);
  });
  const [code, killedBy] = await closed;
  return { said, errors, code, killedBy };
}

const ready = "ready\n";

test.each([
  ["ends by itself", 0],
  ["calls process.exit", 7],
  ["calls process.exit beside one that works", 7],
])("a process that %s ends with code %i, and says nothing", async (what, code) => {
  expect(await endOf(what)).toEqual({ said: ready, errors: "", code, killedBy: null });
});

test("a process that throws beside one that works ends with code 1, and what was thrown is said", async () => {
  const end = await endOf("throws beside one that works");
  expect(end).toMatchObject({ said: ready, code: 1, killedBy: null });
  expect(end.errors).toContain("thrown on purpose");
});

test("a process that is told to end by a signal ends by that signal", async () => {
  const end = { said: ready, errors: "", code: null, killedBy: "SIGTERM" };
  expect(await endOf("is told to end", "SIGTERM")).toEqual(end);
});
