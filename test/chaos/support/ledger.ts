/**
 * The accounts of a run, kept outside of tq: what producers wrote down as accepted, against what sinks wrote down as final.
 * It reads files and knows the task, nothing else.
 */
import { readFileSync } from "node:fs";
import { attemptsOf, kindOf, outputOf } from "../processes/work.ts";

export interface Accounts {
  readonly submitted: number;
  readonly accepted: number;
  /** Of the accepted, those with a final result. */
  readonly ended: number;
  /** Accepted, and nowhere final. The first of them are named. */
  readonly lost: number;
  readonly lostIds: readonly string[];
  /** More than once in the same place. */
  readonly twiceInOne: number;
  readonly twiceIds: readonly string[];
  /** Once each in several places. */
  readonly twiceAcross: number;
  /** Final as something that does not follow from the input. */
  readonly wrong: number;
  readonly wrongLines: readonly string[];
  /** Lines that are no result. */
  readonly torn: number;
  /** Took more attempts than the task's own failures explain. */
  readonly redelivered: number;
}

interface ResultLine {
  readonly taskId: string;
  readonly attempt: number;
  readonly outcome: string;
  readonly output?: number | undefined;
}

const namedMax = 10;

/** `acceptedFiles`: lines of `submitted COUNT` and `TASK-ID INPUT`. `outFiles`: one for each sink, a JSON line for each result. */
export function closeAccounts(acceptedFiles: readonly string[], outFiles: readonly string[]): Accounts {
  const { inputs, submitted } = readAccepted(acceptedFiles);
  const findings = { twiceInOne: new Set<string>(), wrong: [] as string[], torn: 0, redelivered: 0 };
  const places = new Map<string, number>();
  for (const file of outFiles) {
    const here = new Set<string>();
    const { whole, rest } = linesOf(file);
    if (rest !== "") findings.torn += 1;
    for (const line of whole) {
      const result = parse(line);
      if (result === undefined) {
        findings.torn += 1;
        continue;
      }
      const { taskId, attempt } = result;
      if (here.has(taskId)) findings.twiceInOne.add(taskId);
      else places.set(taskId, (places.get(taskId) ?? 0) + 1);
      here.add(taskId);
      const input = inputs.get(taskId);
      if (input === undefined) continue;
      if (!isRight(result, input)) findings.wrong.push(line);
      else if (attempt > attemptsOf(input)) findings.redelivered += 1;
    }
  }
  const lost = [...inputs.keys()].filter((taskId) => !places.has(taskId));
  return {
    submitted,
    accepted: inputs.size,
    ended: inputs.size - lost.length,
    lost: lost.length,
    lostIds: lost.slice(0, namedMax),
    twiceInOne: findings.twiceInOne.size,
    twiceIds: [...findings.twiceInOne].slice(0, namedMax),
    twiceAcross: [...places.values()].filter((count) => count > 1).length,
    wrong: findings.wrong.length,
    wrongLines: findings.wrong.slice(0, namedMax),
    torn: findings.torn,
    redelivered: findings.redelivered,
  };
}

function readAccepted(files: readonly string[]): {
  readonly inputs: ReadonlyMap<string, number>;
  readonly submitted: number;
} {
  const inputs = new Map<string, number>();
  let submitted = 0;
  for (const file of files) {
    for (const line of linesOf(file).whole) {
      const [what = "", number] = line.split(" ");
      if (what === "submitted") submitted += Number(number);
      else inputs.set(what, Number(number));
    }
  }
  return { inputs, submitted };
}

/** `rest`: behind the last line end. Whoever wrote it was killed before it was done. */
function linesOf(file: string): { readonly whole: readonly string[]; readonly rest: string } {
  const lines = readFileSync(file, "utf8").split("\n");
  const rest = lines.pop() ?? "";
  return { whole: lines, rest };
}

function parse(line: string): ResultLine | undefined {
  try {
    return JSON.parse(line) as ResultLine;
  } catch {
    return undefined;
  }
}

function isRight({ outcome, output }: ResultLine, input: number): boolean {
  if (kindOf(input) === "fails") return outcome === "failed";
  return outcome === "completed" && output === outputOf(input);
}
