/** `tq dev` as its user meets it: real processes, files that are edited, and the printed commands run by a shell. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isAlive, killAll, startTq, type TqProcess, tq } from "./tq-process.ts";

const contract = pathToFileURL(join(import.meta.dirname, "../../packages/common/src/index.ts")).href;
const zod = import.meta.resolve("zod");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-dev-"));
  mkdirSync(join(folder, "lib"));
});
afterEach(async () => {
  await killAll();
  rmSync(folder, { recursive: true });
});

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

/** As many editors save: into another file, which then takes the place of the first. */
const save = (name: string, text: string) => {
  write(`${name}.new`, text);
  renameSync(join(folder, `${name}.new`), join(folder, name));
};

const handlers = () => `
import { defineTask, handler } from ${JSON.stringify(contract)};
import { z } from ${JSON.stringify(zod)};
import { compute } from "./lib/compute.ts";
const task = defineTask({ name: "compute", input: z.object({ n: z.int().min(3) }), output: z.unknown() });
export const computing = handler(task, ({ n }) => compute(n));
`;
const compute = (body: string) => `export const compute = (n: number): unknown => ${body};\n`;

async function dev(...words: string[]): Promise<TqProcess> {
  write("handlers.ts", handlers());
  write("lib/compute.ts", compute("n * n"));
  const started = startTq(["dev", "handlers.ts", ...words], { folder });
  await started.ready();
  return started;
}

/** Pastes the printed command into a shell, with more words behind it. */
async function paste(running: TqProcess, more = ""): Promise<unknown> {
  const [command = ""] = (await running.ready()).submit ?? [];
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH };
  const { stdout } = await promisify(execFile)("sh", ["-c", `${command} ${more}`], { cwd: folder, env });
  const { taskId } = JSON.parse(stdout);
  const result = await running.waitFor(() => running.lines.find((line) => line.taskId === taskId));
  return result.outcome === "completed" ? result.output : result;
}

const times = (running: TqProcess, message: RegExp): number =>
  running.log.filter(({ msg }) => message.test(String(msg))).length;

/** Resolves when this has been logged so many times. */
const logged = (running: TqProcess, message: RegExp, count: number) =>
  running.waitFor(() => (times(running, message) >= count ? true : undefined));

const pidsOf = ({ log }: TqProcess): number[] =>
  log.filter(({ msg }) => /is ready/.test(String(msg))).map(({ processPid }) => Number(processPid));

test("the printed command submits what the task takes, and the result is printed", async () => {
  const running = await dev("--workers", "2");
  const { submit } = await running.ready();
  expect(submit).toEqual([expect.stringMatching(/ submit compute '\{"n":3\}' --ventilator tcp:\S+$/)]);
  expect(await running.logged(/^submit with: /)).toMatchObject({ msg: `submit with: ${submit?.[0]}` });
  expect(pidsOf(running)).toHaveLength(2);
  expect(await paste(running)).toBe(9);
  expect(await paste(running, "--delivery at-most-once")).toBe(9);
});

describe("an edit", () => {
  test("of what a file imports runs; a broken one does not, and the workers before it go on", async () => {
    const running = await dev();
    save("lib/compute.ts", compute("n + 100"));
    await logged(running, /^the new code runs/, 1);
    expect(await paste(running)).toBe(103);

    write("handlers.ts", `${handlers()} const = 5;`);
    expect(await running.logged(/cannot be loaded: SyntaxError/)).toMatchObject({
      level: 50,
      code: "TQ_ERR_INVALID_HANDLER",
      msg: expect.stringMatching(/handlers\.ts .*the workers before this edit go on/),
    });
    expect(await paste(running)).toBe(103);

    write("handlers.ts", handlers());
    await logged(running, /^the new code runs/, 2);
    write("lib/compute.ts", compute("n + 200"));
    await logged(running, /^the new code runs/, 3);
    expect(await paste(running)).toBe(203);
  });

  test("that imports what is not there yet is mended by making it", async () => {
    const running = await dev();
    write("handlers.ts", handlers().replace("./lib/compute.ts", "./lib/more.ts"));
    await running.logged(/cannot be loaded: .*more\.ts/);
    write("lib/more.ts", compute("n + 300"));
    await logged(running, /^the new code runs/, 1);
    expect(await paste(running)).toBe(303);
  });

  test("that follows while another one is being loaded is not lost", async () => {
    const running = await dev();
    write("lib/compute.ts", compute("n + 400"));
    await logged(running, /^changed: lib\/compute\.ts/, 1);
    write("lib/compute.ts", compute("n + 500"));
    await logged(running, /^changed: lib\/compute\.ts/, 2);
    await expect.poll(() => paste(running), { timeout: 40_000, interval: 100 }).toBe(503);
  });

  test("of a file that is no longer imported is of no interest", async () => {
    const running = await dev();
    write("lib/more.ts", compute("n + 600"));
    write("handlers.ts", handlers().replace("./lib/compute.ts", "./lib/more.ts"));
    await logged(running, /^the new code runs/, 1);
    write("lib/compute.ts", compute("0"));
    write("lib/more.ts", compute("n + 700"));
    await logged(running, /^the new code runs/, 2);
    expect(running.log.filter(({ event }) => event === "dev.changed").map(({ msg }) => msg)).toEqual([
      "changed: handlers.ts",
      "changed: lib/more.ts",
    ]);
    expect(await paste(running)).toBe(703);
  });
});

test("a worker that is killed is started again, with the code of today", async () => {
  const running = await dev();
  const [first = 0] = pidsOf(running);
  process.kill(first, "SIGKILL");
  await running.logged(/ended: signal SIGKILL; another starts/);
  await logged(running, /is ready/, 2);
  expect(await paste(running)).toBe(9);
});

describe("stopping", () => {
  test.each([
    ["SIGINT", 0],
    ["SIGTERM", 0],
  ] as const)("by %s ends with code %i and leaves no process behind", async (signal, code) => {
    const running = await dev("--workers", "2");
    running.signal(signal);
    expect(await running.ended).toMatchObject({ exitCode: code });
    expect(pidsOf(running).filter(isAlive)).toEqual([]);
    // An end in order is no reason to warn.
    expect(running.log.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });

  test("while handlers are still being loaded ends as well, and nothing is said to be ready", async () => {
    write(
      "waits.ts",
      'console.warn("{\\"msg\\":\\"loading\\"}"); await new Promise(() => setInterval(() => {}, 60_000));\n',
    );
    const running = startTq(["dev", "waits.ts"], { folder });
    await running.logged(/^loading$/);
    running.signal("SIGINT");
    expect(await running.ended).toMatchObject({ exitCode: 0, stdout: "" });
    expect(running.log.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });
});

test("two run side by side, each with its own tasks", async () => {
  const first = await dev();
  const second = await dev();
  expect(await paste(second)).toBe(9);
  expect([first, second].map(({ lines }) => lines.length)).toEqual([0, 1]);
});

test.each([
  [["dev"], /INVALID_OPTION: name at least one file of handlers/],
  [["dev", "nowhere.ts"], /INVALID_HANDLER: nowhere\.ts cannot be read: ENOENT/],
  [["dev", "broken.ts"], /INVALID_HANDLER: broken\.ts cannot be loaded: SyntaxError/],
  [["dev", "broken.ts", "--workers", "0"], /INVALID_OPTION: .*from 1 to 256/],
  [["dev", "broken.ts", "--producers", "tcp://0.0.0.0:*"], /INSECURE_BIND: /],
])("%j is misuse, told in one line", async (words, message) => {
  write("broken.ts", "export const = 5;\n");
  const { exitCode, stdout, stderr } = await tq(words, { folder });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(new RegExp(`^tq: TQ_ERR_${message.source}.*\n$`));
});
