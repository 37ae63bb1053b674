import { fork } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { Dealer } from "zeromq";

// With ZMTP heartbeats on, libzmq aborted the process: "Assertion failed: !_io_error".
test("a stuck process outlives a peer that fills its pipe and leaves", async () => {
  const server = fork(new URL("./fixtures/stuck-server.ts", import.meta.url));
  onTestFinished(async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  });
  const [endpoint] = await once(server, "message");
  const flood = new Dealer({ linger: 200, sendHighWaterMark: 1_000 });
  flood.connect(endpoint);
  await flood.send("first");
  expect((await once(server, "message"))[0]).toBe("stuck");
  for (let count = 0; count < 500; count++) await flood.send(`message ${count}`);
  flood.close();
  const said = await Promise.race([once(server, "message"), once(server, "exit")]);
  expect(said[0]).toBe("lives");
});
