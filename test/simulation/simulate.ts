/**
 * `simulate --seed N | --seeds A..B [--mutate NAME] [--json]`: runs simulated worlds, says what broke, and how to repeat it.
 *
 * What was found goes to stdout, progress to stderr. Ends with 0 if all is well, with 1 if a world broke, or none of them
 * noticed the mutant, with 2 if it was called wrongly.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { drawPlan } from "./swarm/fault-plan.ts";
import { mutants } from "./swarm/mutants/index.ts";
import { type RunResult, run } from "./swarm/run.ts";
import { explain, firstToCatch, MarkTotals, parseSeeds, type SeedRange } from "./swarm/seeds.ts";

/** Fewer seeds need not reach every rare branch. */
const seedsForAllMarks = 300;

const usage = `simulate --seed N | --seeds A..B [--mutate NAME] [--json]
mutants: ${mutants.map(({ name }) => name).join(", ")}`;

function commitOf(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown";
  }
}

function simulate({ from, to }: SeedRange, isJson: boolean): boolean {
  const totals = new MarkTotals();
  const failures: RunResult[] = [];
  let steps = 0;
  for (let seed = from; seed <= to; seed++) {
    const result = run(drawPlan(seed));
    totals.add(result);
    steps += result.steps;
    if (seed % 100 === 0) process.stderr.write(`seed ${seed}, ${failures.length} failed\n`);
    if (result.problems.length === 0) {
      if (from === to && !isJson) console.log(`seed ${seed}: trace ${result.hash}, ${result.steps} steps`);
      continue;
    }
    failures.push(result);
    if (!isJson) console.log(`${explain(result, commitOf())}\n`);
  }
  const runs = to - from + 1;
  const missing = runs < seedsForAllMarks ? [] : totals.missing;
  if (isJson) {
    const marks = Object.fromEntries(totals.all);
    const failed = failures.map(({ plan, hash, problems }) => ({ seed: plan.seed, hash, problems }));
    console.log(JSON.stringify({ from, to, runs, steps, commit: commitOf(), failed, missing, marks }));
  } else if (runs > 1) {
    console.log(`${runs} worlds, ${steps} steps, ${failures.length} failed`);
    for (const [name, count] of totals.all) console.log(`  ${String(count).padStart(7)} ${name}`);
  }
  return failures.length === 0 && missing.length === 0;
}

function simulateMutant(name: string, range: SeedRange, isJson: boolean): boolean {
  const mutant = mutants.find((candidate) => candidate.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant ${name}\n${usage}`);
  const caught = firstToCatch(mutant, range);
  const seed = caught?.plan.seed;
  const problem = caught?.problems[0];
  if (isJson) console.log(JSON.stringify({ mutant: name, seed, problem }));
  else if (caught === undefined) console.log(`${name} (${mutant.about}): nobody noticed`);
  else console.log(`${name} (${mutant.about}): caught by seed ${seed}: ${problem}`);
  return caught !== undefined;
}

function main(args: readonly string[]): number {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== "--"),
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      mutate: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const { mutate, json } = values;
  const range = parseSeeds(values.seed ?? values.seeds ?? (mutate === undefined ? "" : "1..300"));
  if (range === undefined) throw new Error(usage);
  const isWell = mutate === undefined ? simulate(range, json) : simulateMutant(mutate, range, json);
  return isWell ? 0 : 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
