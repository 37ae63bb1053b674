import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyPort, handlersFile, killAll, type Pipeline, startPipeline, startTq, tq } from "./tq-process.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await startPipeline();
  await pipeline.startWorker();
});
afterAll(killAll);

const submit = (words: readonly string[], input = "") =>
  tq(["submit", ...words, "--ventilator", pipeline.producers], { input });
const lines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const ids = {
  taskId: expect.stringMatching(/^[0-9a-f]{16}-\d+$/),
  traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
};

describe("one task", () => {
  test("is accepted, and its ids are printed; its result goes to the sink", async () => {
    const { exitCode, stdout, stderr } = await submit(["square", "7"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const [line, ...rest] = lines(stdout);
    expect(rest).toEqual([]);
    expect(line).toEqual({ ...ids, task: "square" });
    const result = await pipeline.sink.waitFor(() =>
      pipeline.sink.lines.find(({ taskId }) => taskId === line.taskId),
    );
    expect(result).toMatchObject({
      ...line,
      attempt: 1,
      outcome: "completed",
      output: 49,
      worker: expect.any(String),
    });
  });

  test("with --wait its result is printed", async () => {
    const { exitCode, stdout } = await submit(["square", "-5", "--wait"]);
    expect(exitCode).toBe(0);
    expect(lines(stdout)).toEqual([{ ...ids, task: "square", attempt: 1, outcome: "completed", output: 25 }]);
  });

  test("that fails is printed with its error, and ends with code 3; the worker's policy holds", async () => {
    const { exitCode, stdout } = await submit(["fail", "null", "--wait"]);
    expect(exitCode).toBe(3);
    expect(lines(stdout)).toMatchObject([
      { task: "fail", attempt: 1, outcome: "failed", error: { name: "RangeError", message: "as asked" } },
    ]);
  });

  test("without an input gets undefined, and odd values are printed by the mapping", async () => {
    const { stdout } = await submit(["odd", "--wait"]);
    const output = {
      big: "1180591620717411303424",
      map: [["a", 1]],
      bytes: "aGk=",
      date: "1970-01-01T00:00:00.000Z",
    };
    expect(lines(stdout)).toMatchObject([{ outcome: "completed", output }]);
  });
});

describe("an input that does not fit", () => {
  test("is refused by the worker where nothing is known here", async () => {
    const { exitCode, stdout } = await submit(["square", '"x"', "--wait"]);
    expect(exitCode).toBe(3);
    expect(lines(stdout)).toMatchObject([{ outcome: "failed", error: { code: "TQ_ERR_INVALID_INPUT" } }]);
  });

  test("is refused here, with its path, where the handlers are given", async () => {
    const words = ["wait", '{"started":"a","until":5}', "--handlers", handlersFile];
    for (const more of [[], ["--wait"]]) {
      const { exitCode, stdout, stderr } = await submit([...words, ...more]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toMatch(/^tq: TQ_ERR_INVALID_INPUT: .*until: .*\n$/);
    }
  });
});

describe("lines of stdin", () => {
  test("are submitted, blank ones left out, and summed up in one line", async () => {
    const { exitCode, stdout } = await submit(["square", "-"], "1\n\n2\r\n  \n3");
    expect(exitCode).toBe(0);
    expect(lines(stdout)).toEqual([
      { task: "square", accepted: 3, refused: 0, origin: expect.stringMatching(/^[0-9a-f]{16}$/) },
    ]);
  });

  test("that are no good are named by number; the others go on, and the code is 2", async () => {
    const { exitCode, stdout, stderr } = await submit(
      ["square", "-", "--handlers", handlersFile],
      '1\nnot json\n\n"text"\n5\n',
    );
    expect(exitCode).toBe(2);
    expect(lines(stdout)).toMatchObject([{ accepted: 2, refused: 2 }]);
    expect(stderr).toMatch(/TQ_ERR_INVALID_INPUT: line 2 is not JSON/);
    expect(stderr).toMatch(/TQ_ERR_INVALID_INPUT: line 4: .*expected number/);
  });

  test("with --wait give a line each, refused ones apart; a failed task outweighs them in the code", async () => {
    const { exitCode, stdout, stderr } = await submit(["square", "-", "--wait"], '2\n{\n"text"\n3\n');
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/line 2 is not JSON/);
    const results = lines(stdout);
    expect(results.map(({ outcome, output }) => [outcome, output]).sort()).toEqual([
      ["completed", 4],
      ["completed", 9],
      ["failed", undefined],
    ]);
    for (const result of results) expect(result).toMatchObject(ids);
  });

  test("are read as they come: results do not wait for the end of the input", async () => {
    const submitting = startTq(["submit", "square", "-", "--wait", "--ventilator", pipeline.producers]);
    submitting.stdin.write("4\n");
    expect(await submitting.waitFor(() => submitting.lines[0])).toMatchObject({ output: 16 });
    submitting.signal("SIGTERM");
    expect((await submitting.ended).exitCode).toBe(143);
  });

  test("a first signal ends the reading, what was read is still accepted, and the next line is told", async () => {
    const submitting = startTq(["submit", "square", "-", "--ventilator", pipeline.producers]);
    submitting.stdin.write("1234\n");
    await pipeline.sink.waitFor(() => pipeline.sink.lines.find(({ output }) => output === 1_522_756));
    submitting.signal("SIGINT");
    const { exitCode, stdout } = await submitting.ended;
    expect(exitCode).toBe(130);
    expect(lines(stdout)).toMatchObject([{ task: "square", accepted: 1, refused: 0, nextLine: 2 }]);
  });

  test("that are no good are told by the code where nobody reads the summary, too", async () => {
    const submitting = startTq(["submit", "square", "-", "--ventilator", pipeline.producers]);
    submitting.closeStdout();
    submitting.stdin.end("not json\n");
    const { exitCode, stderr } = await submitting.ended;
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/TQ_ERR_INVALID_INPUT: line 1 is not JSON/);
  });

  test("need not be read to their end by whoever reads the results", async () => {
    const submitting = startTq(["submit", "square", "-", "--wait", "--ventilator", pipeline.producers]);
    submitting.closeStdout();
    submitting.stdin.write("4\n".repeat(50_000));
    const { exitCode, stderr } = await submitting.ended;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});

describe("time and reach", () => {
  // Its time begins before it has found the ventilator, which a busy machine must have time for.
  test.concurrent("a task that nobody runs ends the wait with code 4", async () => {
    const { exitCode, stdout, stderr } = await submit(["unheard-of", "1", "--wait", "--timeout", "10s"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: "" });
    expect(stderr).toMatch(/^tq: TQ_ERR_DEADLINE_EXCEEDED: not done within 10 s \(of 1 inputs read, .*\)\n$/);
    const said = await pipeline.ventilator.waitFor(() =>
      pipeline.ventilator.log.find(({ event }) => event === "tasks.unroutable"),
    );
    expect(said).toMatchObject({ task: "unheard-of" });
  });

  test("where nobody is, the code is 5", async () => {
    const { exitCode, stderr } = await tq([
      "submit",
      "square",
      "1",
      "--ventilator",
      "tcp://127.0.0.1:9",
      "--timeout",
      "300ms",
    ]);
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/^tq: TQ_ERR_UNREACHABLE: .*tcp:\/\/127\.0\.0\.1:9.*\n$/);
  });

  test("of several ventilators one that is there is enough", async () => {
    const { exitCode, stdout } = await submit(["square", "8", "--wait", "--ventilator", "tcp://127.0.0.1:9"]);
    expect(exitCode).toBe(0);
    expect(lines(stdout)).toMatchObject([{ output: 64 }]);
  });

  test.concurrent("a ventilator that is gone for good ends a submit that waits for input with code 5", async () => {
    const ventilator = startTq(["ventilator", "--workers", anyPort, "--producers", anyPort]);
    const { producers = "" } = await ventilator.ready();
    const words = ["submit", "square", "-", "--wait", "--timeout", "10s", "--ventilator", producers];
    const submitting = startTq(words);
    submitting.stdin.write("1\n");
    await ventilator.waitFor(() => ventilator.log.find(({ event }) => event === "tasks.unroutable"));
    ventilator.signal("SIGKILL");
    const { exitCode, stderr } = await submitting.ended;
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/^tq: TQ_ERR_(UNREACHABLE|UNKNOWN_OUTCOME): .*; all before line 1 are done\)$/m);
  });

  test.concurrent("a ventilator that is away for longer than it is looked for at first is waited for, and said to be", async () => {
    const words = ["ventilator", "--workers", anyPort, "--sink", "tcp://127.0.0.1:9", "--producers"];
    const first = startTq([...words, anyPort]);
    const { producers = "" } = await first.ready();
    const submitting = startTq(["submit", "square", "-", "--ventilator", producers, "--log-level", "info"]);
    submitting.stdin.write("1\n");
    // As it knows itself: what the ventilator said last may die with it.
    await submitting.waitFor(() => submitting.log.find(({ event }) => event === "ventilator.joined"));
    first.signal("SIGKILL");
    submitting.stdin.write("2\n");
    await submitting.logged(/^no ventilator has been in reach for 13 s; waiting for one: of 2 inputs read, /);
    const second = startTq([...words, producers]);
    await submitting.logged(/^a ventilator is in reach again$/);
    submitting.stdin.end("3\n");
    const { exitCode, stdout } = await submitting.ended;
    expect(exitCode).toBe(0);
    expect(lines(stdout)).toEqual([
      { task: "square", accepted: 3, refused: 0, origin: expect.stringMatching(/^[0-9a-f]{16}$/) },
    ]);
    second.signal("SIGKILL");
    await second.ended;
  });

  test("an endpoint of another kind is misuse, and the right one is named", async () => {
    const { exitCode, stderr } = await tq(["submit", "square", "1", "--ventilator", pipeline.workers]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(new RegExp(`^tq: TQ_ERR_WRONG_ENDPOINT: .*${pipeline.producers}.*\n$`));
  });

  test("a task for a sink is refused where there is none", async () => {
    const ventilator = startTq(["ventilator", "--workers", anyPort, "--producers", anyPort]);
    const { producers = "" } = await ventilator.ready();
    const { exitCode, stderr } = await tq(["submit", "square", "1", "--ventilator", producers]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^tq: TQ_ERR_NO_SINK: .*\n$/);
  });
});
