/** The push lane by the commands alone. */
import { afterEach, expect, test } from "vitest";
import { anyPort, handlersFile, killAll, startTq, tq } from "./tq-process.ts";

afterEach(killAll);

test("what is submitted at most once goes to the workers that take part, and comes to the sink; a drain loses nothing", async () => {
  const sink = startTq(["sink", "--bind", anyPort, "--push", anyPort]);
  const { bind = "", push } = await sink.ready();
  expect(push).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
  const ventilator = startTq([
    "ventilator",
    ...["--workers", anyPort, "--producers", anyPort, "--push", anyPort, "--sink", bind],
  ]);
  const { workers = "", producers = "" } = await ventilator.ready();
  const start = (...words: string[]) => startTq(["worker", handlersFile, "--ventilator", workers, ...words]);
  const apart = start("--name", "apart", "--without-push");
  const taking = start("--name", "taking");
  await Promise.all([apart.ready(), taking.ready()]);

  const count = 3_000;
  const input = Array.from({ length: count }, (_, index) => `${index}\n`).join("");
  const words = ["submit", "square", "-", "--delivery", "at-most-once", "--ventilator", producers];
  const { exitCode, stdout } = await tq(words, { input });
  expect({ exitCode, ...JSON.parse(stdout) }).toMatchObject({ exitCode: 0, accepted: count });
  await expect.poll(() => sink.lines.length, { timeout: 40_000 }).toBe(count);
  expect(new Set(sink.lines.map(({ taskId }) => taskId)).size).toBe(count);
  expect(new Set(sink.lines.map(({ worker }) => `${worker}`.split(":")[0]))).toEqual(new Set(["taking"]));

  for (const process of [taking, apart, ventilator, sink]) {
    process.signal("SIGTERM");
    expect((await process.ended).exitCode).toBe(0);
  }
  expect(sink.stderr + ventilator.stderr).not.toMatch(/push\.(missing|late|in-doubt)/);
});
