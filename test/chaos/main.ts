/** `chaos --minutes M --seed S [--json]`, `chaos --scenario NAME`, `chaos --list`: see CONTRIBUTING.md. */
import { parseArgs } from "node:util";
import { formatReport } from "./support/format-report.ts";
import { runChaos, violationsOf } from "./support/run-chaos.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    json: { type: "boolean", default: false },
    memory: { type: "boolean", default: false },
  },
});

const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0 && minutes <= 24 * 60)) throw new RangeError("--minutes is a number from 0 to 1440");
if (!Number.isSafeInteger(seed)) throw new RangeError("--seed is a whole number");

const report = await runChaos({
  seed,
  minutes,
  isDurable: !values.memory,
  onProgress: (line) => console.error(line),
});
process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : formatReport(report));
process.exitCode = violationsOf(report).length === 0 ? 0 : 1;
