import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { Reaper } from "./reaper.ts";

function idle() {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  return { child, pid: Number(child.pid), ended: once(child, "close") };
}

test("who is left is killed when the run is over, also one that is stopped; who was forgotten is not", async () => {
  const [left, stopped, forgotten] = [idle(), idle(), idle()];
  {
    await using reaper = new Reaper();
    for (const { pid } of [left, stopped, forgotten]) reaper.watch(pid);
    stopped.child.kill("SIGSTOP");
    reaper.forget(forgotten.pid);
  }
  expect(await Promise.all([left.ended, stopped.ended])).toEqual([
    [null, "SIGKILL"],
    [null, "SIGKILL"],
  ]);
  // Its own, and so the first signal that it gets.
  forgotten.child.kill("SIGTERM");
  expect(await forgotten.ended).toEqual([null, "SIGTERM"]);
});
