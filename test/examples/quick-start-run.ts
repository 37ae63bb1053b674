/** The README's quick start as its reader plays it: four programs, one shell each. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { StartedProgram, type StartOptions } from "./started-program.ts";

const anyPort = "tcp://127.0.0.1:*";

/** Starts them, and expects what each has to print. */
export async function playQuickStart(options: Pick<StartOptions, "folder" | "node"> = {}): Promise<void> {
  const start = (role: string, own: StartOptions) =>
    new StartedProgram(`examples/quick-start/${role}.ts`, { ...options, ...own });
  await using texts = await temporaryFolder();
  const dog = await texts.write("dog.txt", "The quick brown fox jumps over the lazy dog.\n");
  const word = await texts.write("constructor.txt", "A constructor is a word, too.");

  await using sink = start("sink", { env: { TQ_BIND: anyPort } });
  const [, sinkEndpoint = ""] = await sink.line(/^results come to (tcp:.*)$/);
  await using ventilator = start("ventilator", {
    args: [dog, word],
    env: { TQ_WORKERS: anyPort, TQ_SINK: sinkEndpoint },
  });
  const [, workersEndpoint = ""] = await ventilator.line(/^workers connect to (tcp:.*)$/);
  await using worker = start("worker", { env: { TQ_VENTILATOR: workersEndpoint } });

  const end = await ventilator.ended;
  const [, firstId = "", secondId = ""] =
    /^accepted (\S+), trace .*\naccepted (\S+),/m.exec(end.stdout.join("\n")) ?? [];
  expect(end).toMatchObject({
    exitCode: 0,
    stdout: [
      `workers connect to ${workersEndpoint}`,
      expect.stringMatching(/^accepted [0-9a-f]{16}-1, trace [0-9a-f]{32}$/),
      expect.stringMatching(/^accepted [0-9a-f]{16}-2, trace [0-9a-f]{32}$/),
      `"the" in ${dog}: 2`,
      "words in 2 files: 15",
    ],
  });

  // Leaving its scope, the ventilator has waited for both commits, so both lines are printed.
  const sinkEnd = await sink.stop("SIGINT");
  expect(sinkEnd).toMatchObject({ exitCode: 0 });
  expect(new Set(sinkEnd.stdout)).toEqual(
    new Set([`results come to ${sinkEndpoint}`, `${firstId}: 9 words`, `${secondId}: 6 words`]),
  );
  expect(await worker.stop("SIGINT")).toMatchObject({
    exitCode: 0,
    stdout: [`working for ${workersEndpoint}`],
  });
}

interface TemporaryFolder extends AsyncDisposable {
  write(name: string, text: string): Promise<string>;
}

async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "tq-quick-start-"));
  return {
    write: async (name, text) => {
      await writeFile(join(path, name), text);
      return join(path, name);
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}
