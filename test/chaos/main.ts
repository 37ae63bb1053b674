/**
 * `chaos --minutes M --seed S [--json]`, or `chaos --scenario NAME`: see CONTRIBUTING.md. Exits with 1 when anything that is
 * promised was not kept.
 */
import { parseArgs } from "node:util";
import { formatReport } from "./support/format-report.ts";
import { runChaos, violationsOf } from "./support/run-chaos.ts";
import { runScenario, scenarioNames } from "./support/run-scenario.ts";

const usage = `chaos: real processes under fire

  --minutes M      how long blows fall (default 1)
  --seed S         which blows (default: drawn)
  --json           one line of JSON instead of a table
  --memory         no journal and no store; then only workers and producers are killed
  --keep           keep logs, journals, stores and accounts also when all went well
  --scenario NAME  one scenario in real time: ${scenarioNames().join(", ")}
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    json: { type: "boolean", default: false },
    memory: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    scenario: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (values.scenario !== undefined) {
    if (scenarioNames().includes(values.scenario)) return runScenario(values.scenario);
    process.stderr.write(`there is no scenario ${values.scenario}\n\n${usage}`);
    return 2;
  }
  const minutes = Number(values.minutes);
  const seed = Number(values.seed);
  if (!(minutes > 0 && minutes <= 24 * 60) || !Number.isSafeInteger(seed)) {
    process.stderr.write(`--minutes is a number up to 1440, --seed a whole number\n\n${usage}`);
    return 2;
  }
  const report = await runChaos({
    seed,
    minutes,
    isDurable: !values.memory,
    keep: values.keep,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : formatReport(report));
  return violationsOf(report).length === 0 ? 0 : 1;
}

process.exitCode = await main();
