/** Holds what the documents say against what is there: files, tests, code and figures. */
import { globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { defaultPolicy } from "@tq/common";
import { eventLimits } from "@tq/common/events";
import { defaultTiming } from "@tq/common/protocol";
import { storageLimits } from "@tq/common/sqlite";
import { submitLimits } from "@tq/common/submit";
import { linkLimits } from "@tq/common/transport";
import { wireLimits } from "@tq/common/wire";
import { expect, test } from "vitest";
import { checkLinkLimits } from "../../packages/common/src/transport/check-limits.ts";
import { defaultProducerLimits } from "../../packages/producer/src/core/port.ts";
import { checkSinkTimes } from "../../packages/sink/src/check-times.ts";
import { defaultLimits as sinkLimits } from "../../packages/sink/src/core/limits.ts";
import { checkVentilatorTimes } from "../../packages/ventilator/src/check-times.ts";
import { journalTimes } from "../../packages/ventilator/src/core/journal/journal-times.ts";
import { defaultVentilatorLimits } from "../../packages/ventilator/src/core/limits.ts";
import { pauseLimits } from "../../packages/ventilator/src/core/pause-rules.ts";
import { doubtRangesMax } from "../../packages/ventilator/src/core/sink-doubts.ts";
import { reservationTimes } from "../../packages/ventilator/src/core/worker-reservations.ts";
import { beatMs } from "../../packages/worker/src/beats.ts";
import { checkWorkerTimes } from "../../packages/worker/src/check-times.ts";
import { coreLimits, defaultLimits as workerLimits } from "../../packages/worker/src/core/limits.ts";
import { projectRoot } from "./started-program.ts";

const documents = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync(join(projectRoot, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...globSync("packages/*/README.md", { cwd: projectRoot }),
];

const read = (path: string): string => readFileSync(join(projectRoot, path), "utf8");

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** Text and target of every link to a file of the project, target from the project's root. */
function linksOf(document: string): { text: string; target: string }[] {
  const found = read(document).matchAll(/\[([^\]]*)\]\((?!https?:|#)([^)#]+)[^)]*\)/g);
  return [...found].map(([, text = "", target = ""]) => ({ text, target: join(dirname(document), target) }));
}

test.each(documents)("every link of %s leads to a file", (document) => {
  const dead = linksOf(document).filter(({ target }) => !exists(join(projectRoot, target)));
  expect(dead, "correct the link, or remove it").toEqual([]);
});

test.each(documents)("every file that %s names is there", (document) => {
  const named = [...read(document).matchAll(/`([\w./-]+\.(?:ts|md|json|yaml))`/g)].map(
    ([, path = ""]) => path,
  );
  const dead = named.filter((path) => !files.some((file) => file === path || file.endsWith(`/${path}`)));
  expect(dead).toEqual(named.filter((path) => madeUp.has(path)));
});

/** Names that stand for any file, or for a user's own. */
const madeUp = new Set(["x.test.ts", "x.test-support.ts"]);

const files = readdirSync(projectRoot, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/node_modules|\/dist(\/|$)|\.git(\/|$)/.test(entry.parentPath))
  .map((entry) => relative(projectRoot, join(entry.parentPath, entry.name)));

test("every test that docs/guarantees.md names is there under that name", () => {
  const tests = linksOf("docs/guarantees.md").filter(({ target }) => target.endsWith(".test.ts"));
  expect(tests.length).toBeGreaterThan(10);
  const missing = tests.filter(({ text, target }) => !read(target).includes(text));
  expect(missing, "a test was moved or renamed: name it anew in docs/guarantees.md").toEqual([]);
});

test("every piece of code in the README stands in the example that it names", () => {
  const blocks = [...read("README.md").matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)];
  expect(blocks.length).toBeGreaterThan(3);
  for (const [, path = "", code = ""] of blocks) {
    const example = read(path);
    const missing = code.split("\n\n").filter((part) => !example.includes(part.trimEnd()));
    expect(missing, `copy the code from ${path} into README.md`).toEqual([]);
  }
});

test("every example is short, in the README, and run by a test", () => {
  const inFolder = (folder: string, ending: string) =>
    readdirSync(join(projectRoot, folder)).filter((name) => name.endsWith(ending));
  const examples = inFolder("examples", ".ts");
  expect(examples.length).toBeGreaterThan(5);
  const tests = inFolder("test/examples", ".test.ts").map((name) => read(`test/examples/${name}`));
  for (const name of examples) {
    expect(read(`examples/${name}`).trimEnd().split("\n").length, name).toBeLessThanOrEqual(60);
    expect(read("README.md"), name).toContain(`(examples/${name})`);
    expect(tests.join(""), `no test runs ${name}`).toContain(`"examples/${name}"`);
  }
});

const figures: Record<string, object> = {
  timing: defaultTiming,
  heart: { beatMs },
  policy: defaultPolicy,
  backoff: defaultPolicy.backoff,
  worker: { ...workerLimits, ...coreLimits },
  producer: defaultProducerLimits,
  ventilator: {
    ...defaultVentilatorLimits,
    doubtRangesMax,
    ...reservationTimes,
    ...pauseLimits,
    ...journalTimes,
  },
  sink: sinkLimits,
  link: linkLimits,
  wire: wireLimits,
  submit: submitLimits,
  storage: storageLimits,
  event: eventLimits,
};

test("the figures of docs/guarantees.md are those of the code", () => {
  const rows = [
    ...read("docs/guarantees.md").matchAll(/^\| `(\w+)\.(\w+)` \| ([\d.]+)(?: to ([\d.]+))? \|/gm),
  ];
  expect(rows.length).toBeGreaterThan(30);
  const told = rows.map(([, group, name, from, to]) => [
    `${group}.${name}`,
    [from, to].filter(Boolean).map(Number),
  ]);
  const real = rows.map(([, group = "", name = ""]) => {
    const value: unknown = Object.entries(figures[group] ?? {}).find(([key]) => key === name)?.[1];
    return [`${group}.${name}`, [value].flat()];
  });
  expect(told, "a default has changed: correct the tables of docs/guarantees.md").toEqual(real);
});

test("times and limits relate as docs/guarantees.md says: each relation is asserted at every start", () => {
  checkLinkLimits();
  checkVentilatorTimes();
  checkWorkerTimes();
  checkSinkTimes();
  // Roles do not know each other: a producer chooses another sink when ventilators do.
  expect(defaultProducerLimits.sinkGraceMs).toBe(defaultVentilatorLimits.sinkGraceMs);
});
