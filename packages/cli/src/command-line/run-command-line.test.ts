import { join } from "node:path";
import { TqError } from "@tq/common";
import { Command } from "commander";
import { describe, expect, test, vi } from "vitest";
import { createProgram } from "./create-program.ts";
import { runCommandLine } from "./run-command-line.ts";

const anyPort = "tcp://127.0.0.1:*";
const nobody = "tcp://127.0.0.1:1";
const handlers = join(import.meta.dirname, "../../../../test/integration/fixtures/cli-handlers.ts");

async function run(words: readonly string[], environment: Record<string, string> = {}) {
  const told: string[] = [];
  const exitCode = await runCommandLine((onEnd) => createProgram(environment, onEnd), words, {
    environment,
    tell: (line) => told.push(line),
  });
  return { exitCode, stderr: told.join("") };
}

describe("misuse is told in one line, before anything is started", () => {
  test.each([
    [["frobnicate"], /INVALID_OPTION: unknown command 'frobnicate'/],
    [["sink"], /INVALID_OPTION: required option '--bind <ep>' not specified/],
    [["ventilator"], /INVALID_OPTION: required option '--workers <ep>' not specified/],
    [["sink", "--bind", "127.0.0.1:1"], /INVALID_ENDPOINT: .*it must be tcp:/],
    [["sink", "--bind", "tcp://0.0.0.0:*"], /INSECURE_BIND: /],
    [["sink", "--bind", anyPort, "--out", "/no/such/folder/x"], /INVALID_OPTION: --out .*ENOENT/],
    [["sink", "--bind", anyPort, "--log-level", "loud"], /INVALID_OPTION: .*Allowed choices are/],
    [["worker", handlers, "--compression", "zip"], /INVALID_OPTION: .*choices are auto, off, always/],
    [["sink", "--bind", anyPort, "--push", "127.0.0.1:1"], /INVALID_ENDPOINT: .*it must be tcp:/],
    [["sink", "--bind", anyPort, "--push", "tcp://0.0.0.0:*"], /INSECURE_BIND: /],
    [["sink", "--bind", anyPort, "--events", "127.0.0.1:1"], /INVALID_ENDPOINT: .*it must be tcp:/],
    [["sink", "--bind", anyPort, "--events", "tcp://0.0.0.0:*"], /INSECURE_BIND: /],
    [["sink", "--bind", anyPort, "--events-proxy", anyPort], /INVALID_ENDPOINT: .*only for binding/],
    [["ventilator", "--workers", anyPort, "--events", "tcp://0.0.0.0:*"], /INSECURE_BIND: /],
    [["ventilator", "--workers", ""], /INVALID_ENDPOINT: --workers \(or TQ_WORKERS .*\) is empty/],
    [["events"], /INVALID_OPTION: required option '--from <ep>' not specified/],
    [["events", "--from", anyPort], /INVALID_ENDPOINT: .*only for binding/],
    [["events", "--from", nobody, "--topic", "wroker"], /INVALID_OPTION: no event begins with "wroker"/],
    [["events", "--from", nobody, "--topic", " "], /INVALID_OPTION: .*beginning of a type/],
    [["events", "--from", nobody, "--timeout", "3"], /INVALID_OPTION: .*500ms/],
    [["proxy", "--publishers", anyPort], /INVALID_OPTION: required option '--subscribers <ep>'/],
    [["proxy", "--publishers", "tcp://0.0.0.0:*", "--subscribers", anyPort], /INSECURE_BIND: /],
    [["worker", handlers], /INVALID_OPTION: --ventilator/],
    [["worker", "--ventilator", nobody], /INVALID_OPTION: name at least one file of handlers/],
    [["worker", handlers, "--processes", "0"], /INVALID_OPTION: .*from 1 to 256/],
    [["submit", "t", "--timeout", "30", "--ventilator", nobody], /INVALID_OPTION: .*500ms/],
    [["submit", "t", "{1}", "--ventilator", nobody], /INVALID_INPUT: the input is not JSON/],
    [["submit", "t", " ", "--ventilator", nobody], /INVALID_INPUT: the input is empty/],
    [["submit", "no name!", "1", "--ventilator", nobody], /INVALID_TASK: .*name/],
    [["submit", "t", "1", "--ventilator", anyPort], /INVALID_ENDPOINT: .*only for binding/],
    [
      ["submit", "cube", "1", "--ventilator", nobody, "--handlers", handlers],
      /NO_HANDLER: .* it has: .*square/,
    ],
  ])("%j", async (words, message) => {
    const { exitCode, stderr } = await run(words);
    expect(stderr).toMatch(new RegExp(`^tq: TQ_ERR_${message.source}.*\n$`));
    expect(exitCode).toBe(2);
  });

  test("as JSON where it is asked for, also if the options cannot be read", async () => {
    for (const words of [
      ["sink", "--json", "--bnid", "x"],
      ["sink", "--bind", "x", "--json"],
    ]) {
      const { stderr } = await run(words);
      expect(JSON.parse(stderr)).toMatchObject({
        error: { code: expect.stringMatching(/^TQ_ERR_INVALID_/) },
      });
    }
  });

  test("as JSON where the environment asks for it", async () => {
    const { stderr } = await run(["sink"], { TQ_JSON: "1" });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "TQ_ERR_INVALID_OPTION" } });
  });

  test("also what stands in the environment", async () => {
    expect(await run(["sink"], { TQ_INSECURE: "maybe" })).toEqual({
      exitCode: 2,
      stderr: 'tq: TQ_ERR_INVALID_OPTION: TQ_INSECURE must be 1 or 0, not "maybe"\n',
    });
  });
});

test.each(["discard", "retry"])(
  "what dead letters to %s is never chosen by the environment",
  async (call) => {
    vi.stubEnv("TQ_TASK", "square");
    vi.stubEnv("TQ_OUTCOME", "failed");
    vi.stubEnv("TQ_ALL", "1");
    const { exitCode, stderr } = await run(["dead", call, "--ventilator", nobody], { TQ_ALL: "1" });
    vi.unstubAllEnvs();
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("takes ids, or else --task, --outcome")]);
  },
);

const failing = (error: unknown) => async () => {
  const told: string[] = [];
  const program = new Command()
    .exitOverride()
    .option("--json", "", false)
    .option("--log-level <level>", "", "info");
  const action = () => program.action(() => Promise.reject(error));
  return {
    exitCode: await runCommandLine(action, [], { environment: {}, tell: (line) => told.push(line) }),
    told,
  };
};

test.each([
  ["TQ_ERR_TASK_FAILED", 3],
  ["TQ_ERR_DEADLINE_EXCEEDED", 4],
  ["TQ_ERR_UNREACHABLE", 5],
  ["TQ_ERR_FILE", 1],
] as const)("%s ends with code %i", async (code, exitCode) => {
  expect((await failing(new TqError(code, "so"))()).exitCode).toBe(exitCode);
});

test("a bug ends with code 1", async () => {
  expect(await failing(new RangeError("oops"))()).toEqual({
    exitCode: 1,
    told: ["tq: TQ_ERR_INTERNAL: RangeError: oops\n"],
  });
});

test("a reader that has left is no failure", async () => {
  const gone = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
  expect(await failing(gone)()).toEqual({ exitCode: 0, told: [] });
});
