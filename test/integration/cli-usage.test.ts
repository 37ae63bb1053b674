import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { anyPort, killAll, startTq, tq } from "./tq-process.ts";

afterEach(killAll);

/** One line, `tq: CODE: …`. */
const oneLine = (code: string, rest: RegExp) =>
  expect.stringMatching(new RegExp(`^tq: ${code}: .*${rest.source}.*\n$`));

describe("help", () => {
  test("lists the commands on stdout, and nothing that is not there yet", async () => {
    const { exitCode, stdout, stderr } = await tq(["--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    expect(commands).toEqual([
      "dev",
      "ventilator",
      "worker",
      "sink",
      "submit",
      "events",
      "results",
      "proxy",
      "dead",
      "journal",
      "help",
    ]);
  });

  test("is the answer to nothing at all, on stderr, as misuse", async () => {
    const { exitCode, stdout, stderr } = await tq([]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain("Usage: tq");
  });
});

test("misuse ends with code 2 and one line on stderr that says what is wrong", async () => {
  const { exitCode, stdout, stderr } = await tq(["sink", "--bind", anyPort, "--bnid", "x"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toEqual(oneLine("TQ_ERR_INVALID_OPTION", /unknown option '--bnid'.*--bind/));
});

test.each([
  [["sink", "--bind", "inproc://results"], "--bind: inproc://results"],
  [["worker", "h.ts", "--ventilator", anyPort, "inproc://tasks"], "--ventilator: inproc://tasks"],
  [["proxy", "--publishers", "memory:p", "--subscribers", anyPort], "--publishers: memory:p"],
])("%j is refused: what stays within a process joins no processes", async (command, what) => {
  const { exitCode, stdout, stderr } = await tq(command);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toEqual(oneLine("TQ_ERR_INVALID_ENDPOINT", new RegExp(`${what}: .*ipc://`)));
});

describe("files of handlers with a mistake", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tq-usage-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test.each([
    ["syntax.ts", "export const = 5;\n", /cannot be loaded: SyntaxError.*syntax\.ts:1/],
    ["import.ts", 'import "./missing.ts";\n', /cannot be loaded: .*missing\.ts/],
    ["nowhere.ts", undefined, /cannot be read: ENOENT/],
  ])("%s is named, and no process is tried again and again", async (name, text, message) => {
    if (text !== undefined) writeFileSync(join(folder, name), text);
    const { exitCode, stdout, stderr } = await tq(["worker", name, "--ventilator", "tcp://127.0.0.1:1"], {
      folder,
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toEqual(oneLine("TQ_ERR_INVALID_HANDLER", new RegExp(`${name} ${message.source}`)));
  });
});

test("every flag can come from the environment, and the command line wins", async () => {
  const sink = startTq(["sink", "--log-level", "silent"], {
    environment: { TQ_BIND: anyPort, TQ_LOG_LEVEL: "trace", TQ_INSECURE: "0" },
  });
  expect((await sink.ready()).bind).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
  expect(sink.stderr).toBe("");
});

test("a port that is taken is named", async () => {
  const sink = startTq(["sink", "--bind", anyPort]);
  const { bind = "" } = await sink.ready();
  const { exitCode, stderr } = await tq(["sink", "--bind", bind]);
  expect(exitCode).toBe(2);
  expect(stderr).toEqual(oneLine("TQ_ERR_ADDRESS_IN_USE", new RegExp(bind.replaceAll(".", "\\."))));
});
