import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { StartedProgram } from "./started-program.ts";

const anyPort = "tcp://127.0.0.1:*";

test("four processes count words: submitted tasks end at the sink, the others come back", async () => {
  await using folder = await temporaryFolder();
  const dog = await folder.write("dog.txt", "The quick brown fox jumps over the lazy dog.\n");
  const word = await folder.write("constructor.txt", "A constructor is a word, too.");

  await using sink = new StartedProgram("examples/quick-start/sink.ts", { env: { TQ_BIND: anyPort } });
  const [, sinkEndpoint = ""] = await sink.line(/^results come to (tcp:.*)$/);
  await using ventilator = new StartedProgram("examples/quick-start/ventilator.ts", {
    args: [dog, word],
    env: { TQ_WORKERS: anyPort, TQ_SINK: sinkEndpoint },
  });
  const [, workersEndpoint = ""] = await ventilator.line(/^workers connect to (tcp:.*)$/);
  await using worker = new StartedProgram("examples/quick-start/worker.ts", {
    env: { TQ_VENTILATOR: workersEndpoint },
  });

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
});

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
