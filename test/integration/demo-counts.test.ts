import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { demo, killAll } from "./tq-process.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-demo-"));
});
afterEach(async () => {
  await killAll();
  // Not Node's own: it gives up on paths that are as long as one test's.
  spawnSync("rm", ["-rf", folder]);
});

function write(path: string | Buffer, content: string | Buffer): void {
  const full = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path)]);
  mkdirSync(dirname(full.toString("latin1")), { recursive: true });
  writeFileSync(full, content);
}

interface Counted {
  readonly files: number;
  readonly bytes: number;
  readonly words: number;
  readonly distinct: number;
  readonly top: readonly [string, number][];
}

/** Counts with other means: find, tr, sort and uniq. */
function countWithShell(...endings: string[]): Counted {
  const names = endings.flatMap((ending, index) => [...(index === 0 ? [] : ["-o"]), "-name", `*.${ending}`]);
  const script = `
    find "$0" -type f \\( "$@" \\) -print0 > "$0/.list"
    tr -dc '\\0' < "$0/.list" | wc -c
    xargs -0 cat -- < "$0/.list" | wc -c
    # A file's end separates, too.
    xargs -0 -I{} sh -c 'cat -- "$1"; echo' - {} < "$0/.list" | tr A-Z a-z | tr -cs a-z '\\n' | grep . | sort | uniq -c
    true`;
  const { stdout } = spawnSync("sh", ["-c", script, folder, ...names], {
    encoding: "latin1",
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer: 2 ** 30,
  });
  const [files, bytes, ...lines] = stdout.trim().split("\n");
  const counts = lines.map((line): [string, number] => {
    const [count, word = ""] = line.trim().split(" ");
    return [word, Number(count)];
  });
  const top = counts.sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).slice(0, 20);
  return {
    files: Number(files),
    bytes: Number(bytes),
    words: counts.reduce((sum, [, count]) => sum + count, 0),
    distinct: lines.length,
    top,
  };
}

const lastLine = (text: string): Record<string, unknown> =>
  JSON.parse(text.trimEnd().split("\n").at(-1) ?? "");

/** Files with everything that a folder may hold. */
function fillWithOddities(): void {
  write("a.md", "The quick brown fox. The end");
  write("crlf.txt", "one\r\ntwo\r\n\r\nthe THE tHe\r\n");
  write("empty.md", "");
  write("no-letters.txt", "1234 \u00e9\u00e8 --- \n");
  write("binary.md", Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7919) % 256)));
  write("properties.txt", "constructor __proto__ hasOwnProperty constructor toString");
  write("glued.md", "end");
  write(".hidden/deep/er/x.txt", "hidden words are words");
  write(".md", "a file without a name before its ending");
  write("UPPER.MD", "not counted");
  write("other.rst", "not counted");
  write("sp ace\nand 'quote'.md", "odd names");
  write(Buffer.from([0xff, 0xfe, 0x2e, 0x6d, 0x64]), "a name that is no Unicode");
  write("real/target.md", "target");
  symlinkSync(join(folder, "real/target.md"), join(folder, "link.md"));
  symlinkSync(join(folder, "real"), join(folder, "linked-folder"));
  mkdirSync(join(folder, "folder.md"));
  spawnSync("mkfifo", [join(folder, "pipe.md")]);
  write("big.md", "lorem Ipsum dolor-sit_amet ".repeat(60_000));
}

describe("the counts are those of an independent count", () => {
  test("of a folder with every oddity, twice, with a worker killed in between", async () => {
    fillWithOddities();
    const expected = countWithShell("md", "txt");
    for (let run = 1; run <= 2; run++) {
      const { exitCode, stdout, stderr } = await demo(["--kill", "--json", "--dir", folder]);
      expect(stderr).toMatch(
        /^killed worker-\d \(pid \d+, SIGKILL\) in the middle of task [0-9a-f]{16}-\d+; starting another\n$/,
      );
      expect(exitCode).toBe(0);
      const counted = lastLine(stdout);
      expect(counted).toEqual({ ...expected, redelivered: expect.any(Number), seconds: expect.any(Number) });
      expect(Object.keys(counted)).toEqual([
        "files",
        "bytes",
        "words",
        "distinct",
        "top",
        "redelivered",
        "seconds",
      ]);
      expect(counted.redelivered).toBeGreaterThanOrEqual(1);
    }
  });

  test("of a folder with every oddity, each task sent once over the push lane", async () => {
    fillWithOddities();
    const { exitCode, stdout, stderr } = await demo(["--lane", "push", "--json", "--dir", folder]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(lastLine(stdout)).toEqual({
      ...countWithShell("md", "txt"),
      redelivered: 0,
      seconds: expect.any(Number),
    });
  });

  test("of a single file and a single worker, which is killed", async () => {
    write("only.md", "Just these. just");
    const { exitCode, stdout } = await demo(["--kill", "--json", "--workers", "1", "--dir", folder]);
    expect(exitCode).toBe(0);
    expect(lastLine(stdout)).toMatchObject({ files: 1, words: 3, distinct: 2, redelivered: 1 });
  });

  test("of hundreds of files with other endings in folders that overlap", async () => {
    for (let index = 0; index < 300; index++) {
      write(`in/${index % 7}/${index}.log`, `line ${index} ${"word ".repeat(index % 50)}\n`);
    }
    const words = [
      "--json",
      "--ext",
      ".log,md",
      "--workers",
      "3",
      "--dir",
      folder,
      "--dir",
      join(folder, "in/3"),
    ];
    const { exitCode, stdout, stderr } = await demo(words);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(lastLine(stdout)).toMatchObject(countWithShell("log", "md"));
  });
});

test("a file that cannot be read fails its own task only, is named, and ends with code 3", async () => {
  write("good.md", "these four words count");
  // A path that is too long cannot be opened by it, by root neither, and still is found.
  const step = "d".repeat(200);
  const steps = String(Math.floor((4_080 - folder.length) / 201));
  const script = 'cd "$0" && for i in $(seq $3); do mkdir "$1" && cd "$1"; done && echo lost > "$2.md"';
  expect(spawnSync("sh", ["-c", script, folder, step, "n".repeat(250), steps]).status).toBe(0);
  const { exitCode, stdout, stderr } = await demo(["--json", "--kill", "--dir", folder]);
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/^demo: not counted: .*\/n{250}\.md: ENAMETOOLONG.*\(trace [0-9a-f]{32}\)$/m);
  expect(lastLine(stdout)).toMatchObject({ files: 1, words: 4, redelivered: expect.any(Number) });
});

test("a worker is not killed on the push lane: nothing runs again there, so that the counts could not be right", async () => {
  write("only.md", "Just these.");
  const { exitCode, stdout, stderr } = await demo(["--lane", "push", "--kill", "--dir", folder]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(/^tq: TQ_ERR_INVALID_OPTION: --kill needs --lane credit: .* not run again .*\n$/);
});

describe("a folder that is no good is a clear error, and nothing is started", () => {
  test.each([
    ["is missing", "nowhere", /--dir .*nowhere does not exist/],
    ["is empty", ".", /--dir .* holds no file that ends in \.md or \.txt/],
  ])("%s", async (_, name, message) => {
    const { exitCode, stdout, stderr } = await demo(["--dir", join(folder, name)]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^tq: TQ_ERR_INVALID_OPTION: ${message.source}\n$`));
  });
});

test("without --json it prints a table, and without a folder it counts the installed dependencies", async () => {
  const { exitCode, stdout } = await demo([]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^ {2}files +\d+\n {2}bytes +[\d,]+\n {2}words +[\d,]+\n {2}distinct words +[\d,]+\n/m,
  );
  expect(stdout).toMatch(
    /^ {2}redelivered tasks +0\n {2}tasks of worker-1 +\d+\n {2}tasks of worker-2 +\d+\n/m,
  );
  expect(stdout).toMatch(/^ {2}the +[\d,]+\n/m);
});
