import { afterEach, expect, test } from "vitest";
import { anyPort, handlersFile, killAll, startTq, tq } from "./tq-process.ts";

afterEach(killAll);

type Line = { readonly type: string; readonly source: { readonly role: string; readonly name: string } };
const linesOf = (process: { lines: readonly Record<string, unknown>[] }) =>
  process.lines as unknown as Line[];

/** A proxy, with a ventilator and a sink that publish there. */
async function begin() {
  const proxy = startTq(["proxy", "--publishers", anyPort, "--subscribers", anyPort]);
  const { publishers, subscribers } = (await proxy.ready()) as { publishers?: string; subscribers?: string };
  const publish = ["--events-proxy", publishers ?? ""];
  const sink = startTq(["sink", "--bind", anyPort, "--name", "s", "--events", anyPort, ...publish]);
  const { bind = "", events } = (await sink.ready()) as { bind?: string; events?: string };
  const ventilator = startTq([
    ...["ventilator", "--workers", anyPort, "--producers", anyPort, "--sink", bind, "--name", "v"],
    ...publish,
  ]);
  const { workers = "", producers = "" } = await ventilator.ready();
  const worker = startTq(["worker", handlersFile, "--ventilator", workers]);
  await worker.ready();
  return {
    proxy,
    sink,
    ventilator,
    worker,
    producers,
    subscribers: subscribers ?? "",
    sinkEvents: events ?? "",
  };
}

test("what happens is printed as lines of JSON, chosen by prefix, over a proxy", async () => {
  const { ventilator, producers, subscribers } = await begin();
  const events = startTq(["events", "--from", subscribers, "--topic", "task.comp", "--topic", "worker."]);
  const isThere = (type: string, role: string) => () =>
    linesOf(events).find((line) => line.type === type && line.source.role === role);
  await events.waitFor(isThere("snapshot", "ventilator"));
  await events.waitFor(isThere("snapshot", "sink"));
  const submitted = await tq(["submit", "square", "7", "--ventilator", producers]);
  expect(submitted).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await events.waitFor(isThere("task.completed", "ventilator"))).toMatchObject({
    task: "square",
    attempt: 1,
    source: { name: "v" },
  });
  const types = new Set(linesOf(events).map(({ type }) => type));
  for (const type of types) expect(type).toMatch(/^(snapshot|task\.completed|worker\.joined)$/);
  ventilator.signal("SIGKILL");
  expect(await events.waitFor(isThere("source.gone", "ventilator"))).toMatchObject({ reason: "silent" });
  events.signal("SIGINT");
  expect(await events.ended).toMatchObject({ exitCode: 0, stderr: "" });
});

test("a subscriber that is killed, and one whose reader leaves, disturb nobody", async () => {
  const { sink, producers, sinkEvents } = await begin();
  const [killed, left, stays] = [1, 2, 3].map(() => startTq(["events", "--from", sinkEvents])) as [
    ReturnType<typeof startTq>,
    ReturnType<typeof startTq>,
    ReturnType<typeof startTq>,
  ];
  await Promise.all([killed, left, stays].map((process) => process.waitFor(() => linesOf(process)[0])));
  killed.signal("SIGKILL");
  left.closeStdout();
  await tq(["submit", "square", "-", "--ventilator", producers], { input: "1\n2\n3\n" });
  await stays.waitFor(() =>
    linesOf(stays).filter(({ type }) => type === "task.committed").length === 3 ? 1 : undefined,
  );
  expect(await left.ended).toMatchObject({ exitCode: 0, stderr: "" });
  sink.signal("SIGTERM");
  expect((await sink.ended).exitCode).toBe(0);
  expect(await stays.waitFor(() => linesOf(stays).find(({ type }) => type === "source.gone"))).toMatchObject({
    reason: "closed",
  });
});

test("a proxy ends at a signal, and its endpoints are in its ready line", async () => {
  const proxy = startTq(["proxy", "--publishers", anyPort, "--subscribers", anyPort]);
  expect(await proxy.ready()).toEqual({
    role: "proxy",
    pid: proxy.pid,
    publishers: expect.stringMatching(/:\d+$/),
    subscribers: expect.stringMatching(/:\d+$/),
  });
  proxy.signal("SIGTERM");
  expect((await proxy.ended).exitCode).toBe(0);
});

test("nobody there is said by the exit code, as JSON where it is asked for", async () => {
  const { exitCode, stdout, stderr } = await tq([
    ...["events", "--from", "tcp://127.0.0.1:1", "--timeout", "200ms", "--json"],
  ]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: "" });
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: "TQ_ERR_UNREACHABLE" } });
});

test("one address of several where nobody is, is told with the reason, and the others go on", async () => {
  const sink = startTq(["sink", "--bind", anyPort, "--name", "s", "--events", anyPort]);
  const { events = "" } = (await sink.ready()) as { events?: string };
  const nowhere = `tcp://${"x".repeat(64)}.invalid:1`;
  const watching = startTq(["events", "--from", events, "--from", nowhere, "--timeout", "3s"]);
  const { msg, unheard } = await watching.logged(/nobody publishes events/);
  expect(unheard).toBe(nowhere);
  expect(msg).toMatch(/it was tried for 3000 ms: .*x\.invalid; trying on$/);
  expect(linesOf(watching).map(({ type }) => type)).toContain("snapshot");
  watching.signal("SIGTERM");
  expect((await watching.ended).exitCode).toBe(0);
});
