/** The README's "Kill any of them", without waiting between the kills. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { StartedProgram } from "./started-program.ts";

const anyPort = "tcp://127.0.0.1:*";
const handlers = "examples/four-shells/handlers.ts";
const count = 100_000;
/** Six processes start one after the other, which takes long on a machine that has much else to do. */
const timeoutMs = 180_000;

const tq = (...args: readonly string[]): StartedProgram =>
  new StartedProgram("packages/cli/src/main.ts", { args });

test(
  "each role is killed and started again while there is work: each accepted task is in the sink's file once",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "tq-killed-roles-"));
    await using programs = new AsyncDisposableStack();
    programs.defer(() => rm(folder, { recursive: true }));
    const start = (...args: readonly string[]) => programs.use(tq(...args));
    const out = join(folder, "results.ndjson");
    const lines = async () => (await readFile(out, "utf8").catch(() => "")).split("\n").length - 1;
    const more = async (than: number) =>
      await expect.poll(lines, { interval: 20, timeout: timeoutMs }).toBeGreaterThan(than);

    const keeping = ["--store", join(folder, "results.db"), "--out", out];
    let sink = start("sink", "--bind", anyPort, ...keeping);
    const { bind } = await sink.ready();
    const accepting = ["--sink", `${bind}`, "--journal", join(folder, "journal")];
    let ventilator = start("ventilator", "--workers", anyPort, "--producers", anyPort, ...accepting);
    const { workers, producers } = await ventilator.ready();
    const working = ["worker", handlers, "--ventilator", `${workers}`];
    let worker = start(...working);

    const submitting = ["submit", "math.square", "-", "--ventilator", `${producers}`, "--timeout", "2m"];
    const input = Array.from({ length: count }, (_, index) => `${index + 1}`);
    const submit = programs.use(new StartedProgram("packages/cli/src/main.ts", { args: submitting, input }));

    await more(0);
    await ventilator.stop("SIGKILL");
    ventilator = start("ventilator", "--workers", `${workers}`, "--producers", `${producers}`, ...accepting);
    await sink.stop("SIGKILL");
    const before = await lines();
    sink = start("sink", "--bind", `${bind}`, ...keeping);
    await more(before);
    await worker.stop("SIGKILL");
    worker = start(...working);
    await ventilator.stop("SIGKILL");
    ventilator = start("ventilator", "--workers", `${workers}`, "--producers", `${producers}`, ...accepting);

    const { stdout, stderr } = await submit.ended;
    expect(JSON.parse(stdout[0] ?? "{}"), stderr).toMatchObject({ accepted: count, refused: 0 });
    await expect.poll(lines, { interval: 100, timeout: timeoutMs }).toBe(count);
    for (const program of [worker, ventilator, sink]) {
      expect(await program.stop("SIGTERM")).toMatchObject({ exitCode: 0 });
    }
    const results = (await readFile(out, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(results.map(({ taskId }) => taskId)).size).toBe(count);
    const outputs = new Set(results.map(({ output }) => output));
    expect(input.filter((n) => !outputs.has(Number(n) ** 2))).toEqual([]);
  },
  timeoutMs,
);
