import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile, type Diagnostic, differences, expectedIn, parseDiagnostics } from "./diagnostics.ts";

const folder = import.meta.dirname;
const files = globSync(["**/*.type-test.ts", "messages/**/*.ts"], { cwd: folder }).sort();
const diagnostics = compile(folder);
const isTypeTest = ({ file }: Diagnostic) => files.some((name) => join(folder, name) === file);

test.each(files)("%s: the compiler says what is expected, and nothing else", (name) => {
  const file = join(folder, name);
  const own = diagnostics.filter((diagnostic) => diagnostic.file === file);
  expect(differences(expectedIn(file), own)).toEqual([]);
});

test("what the type tests import compiles", () => {
  expect(diagnostics.filter((diagnostic) => !isTypeTest(diagnostic))).toEqual([]);
});

describe("differences", () => {
  const at = (line: number, message: string): Diagnostic => ({ file: "a.ts", line, message });

  test("none when a part of the message is met on its line", () => {
    expect(differences([at(2, "not assignable")], [at(2, "TS2322: Type A is not assignable")])).toEqual([]);
  });

  test("names an expected error that does not come", () => {
    expect(differences([at(2, "wrong task")], [])).toEqual(['line 2: expected the error "wrong task"']);
  });

  test("names an error on another line, and one with another message", () => {
    const actual = [at(3, "TS1: wrong task"), at(2, "TS2: wrong input")];
    expect(differences([at(2, "wrong task")], actual)).toHaveLength(3);
  });
});

test("a diagnostic keeps its explaining lines, and one without a place is not lost", () => {
  const output =
    "a.ts(4,1): error TS2345: Not assignable.\n  Property 'x' is missing.\nerror TS5083: No tsconfig.\n";
  expect(parseDiagnostics(output, "/project")).toEqual([
    { file: "/project/a.ts", line: 4, message: "TS2345: Not assignable.\n  Property 'x' is missing." },
    { file: "/project", line: 0, message: "error TS5083: No tsconfig." },
  ]);
});
