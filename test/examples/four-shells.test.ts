import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ProgramEnd, StartedProgram } from "./started-program.ts";

const anyPort = "tcp://127.0.0.1:*";
const handlers = "examples/four-shells/handlers.ts";
const count = 50_000;

const tq = (...args: readonly string[]): StartedProgram =>
  new StartedProgram("packages/cli/src/main.ts", { args });

test("the README's shells: with a worker killed, each task is in the sink's file once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tq-four-shells-"));
  await using _folder = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  const out = join(folder, "results.ndjson");

  await using sink = tq("sink", "--bind", anyPort, "--out", out);
  const { bind } = await sink.ready();
  await using ventilator = tq(
    "ventilator",
    "--workers",
    anyPort,
    "--producers",
    anyPort,
    "--sink",
    `${bind}`,
  );
  const { workers, producers } = await ventilator.ready();
  await using first = tq("worker", handlers, "--ventilator", `${workers}`);
  await using second = tq("worker", handlers, "--ventilator", `${workers}`);
  await Promise.all([first.ready(), second.ready()]);

  const numbers = Array.from({ length: count }, (_, index) => `${index + 1}`);
  await using submit = new StartedProgram("packages/cli/src/main.ts", {
    args: ["submit", "math.square", "-", "--ventilator", `${producers}`, "--handlers", handlers],
    input: numbers,
  });
  // Whoever made the first result is at work. Its name is host and pid.
  await expect.poll(() => readFile(out, "utf8"), { interval: 10, timeout: 30_000 }).toContain("\n");
  const [firstLine = ""] = (await readFile(out, "utf8")).split("\n");
  process.kill(Number(JSON.parse(firstLine).worker.split(":").at(-1)), "SIGKILL");
  expect(outputOf(await submit.ended)).toMatchObject({ task: "math.square", accepted: count, refused: 0 });

  // The sink's file is written before the sink commits, so once the ventilator has drained, all of it is there.
  expect(await ventilator.stop("SIGTERM")).toMatchObject({ exitCode: 0 });
  expect(await first.stop("SIGTERM")).toMatchObject({ exitCode: 0 });
  expect(await second.stop("SIGTERM")).toMatchObject({ exitCode: 0 });
  expect(await sink.stop("SIGTERM")).toMatchObject({ exitCode: 0 });
  const lines = (await readFile(out, "utf8")).trimEnd().split("\n");
  expect(lines).toHaveLength(count);
  const outputs = lines.map((line) => JSON.parse(line)).map(({ outcome, output }) => [outcome, output]);
  outputs.sort(([, a], [, b]) => a - b);
  expect(outputs).toEqual(numbers.map((n) => ["completed", Number(n) ** 2]));
});

test("tq submit --wait prints a line per result, and no sink is needed", async () => {
  await using ventilator = tq("ventilator", "--workers", anyPort, "--producers", anyPort);
  const { workers, producers } = await ventilator.ready();
  await using _worker = tq("worker", handlers, "--ventilator", `${workers}`);

  await using submit = tq("submit", "math.square", "12", "--ventilator", `${producers}`, "--wait");
  expect(outputOf(await submit.ended)).toMatchObject({
    task: "math.square",
    outcome: "completed",
    output: 144,
  });
});

/** The one line of JSON that a program printed before it ended well. */
function outputOf({ exitCode, stdout, stderr }: ProgramEnd): unknown {
  expect([exitCode, stdout.length], stderr).toEqual([0, 1]);
  return JSON.parse(stdout[0] ?? "");
}
