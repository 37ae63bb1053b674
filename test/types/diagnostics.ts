// Runs the compiler over the type tests and says, for one file, where its word differs from what the file expects. The
// compiler runs as a program because TypeScript 7 has no compiler API.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

export type Diagnostic = { file: string; line: number; message: string };

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

/** All diagnostics of the project in a folder, with absolute file names. Throws when the compiler did not run. */
export function compile(folder: string): Diagnostic[] {
  const args = [tsc, "-p", folder, "--pretty", "false"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  if (status === null || stderr !== "") throw new Error(`tsc did not run: ${stderr}`);
  return parseDiagnostics(stdout, folder);
}

/** Indented lines go on explaining the diagnostic above them. */
export function parseDiagnostics(output: string, folder: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const text of output.split("\n")) {
    const match = /^(?<file>.+?)\((?<line>\d+),\d+\): error (?<message>TS\d+: .*)$/.exec(text);
    const last = found.at(-1);
    if (match?.groups !== undefined) {
      const { file = "", line, message = "" } = match.groups;
      found.push({ file: resolve(folder, file), line: Number(line), message });
    } else if (last !== undefined && /^\s/.test(text)) {
      last.message += `\n${text}`;
    } else if (text.trim() !== "") {
      // A diagnostic without a place, such as a broken tsconfig.
      found.push({ file: folder, line: 0, message: text });
    }
  }
  return found;
}

/** What a file expects: `// error: part of the message` on the line above the wrong one. */
export function expectedIn(file: string): Diagnostic[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((text, index) => {
    const message = /^\s*\/\/ error: (?<message>.+)$/.exec(text)?.groups?.message;
    return message === undefined ? [] : [{ file, line: index + 2, message }];
  });
}

/** One sentence per difference; empty when the compiler says just what was expected. */
export function differences(expected: readonly Diagnostic[], actual: readonly Diagnostic[]): string[] {
  const meets = (want: Diagnostic, got: Diagnostic) =>
    want.line === got.line && got.message.includes(want.message);
  const missing = expected.filter((want) => !actual.some((got) => meets(want, got)));
  const surplus = actual.filter((got) => !expected.some((want) => meets(want, got)));
  return [
    ...missing.map(({ line, message }) => `line ${line}: expected the error "${message}"`),
    ...surplus.map(({ line, message }) => `line ${line}: unexpected error ${message}`),
  ];
}
