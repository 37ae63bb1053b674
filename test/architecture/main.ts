// The command behind the script `lint`: prints each finding with its remedy, and fails if there is one.
import { checkTree } from "./check.ts";

const root = new URL("../../", import.meta.url).pathname;
const findings = checkTree(root);
for (const { path, line, rule, message } of findings) {
  process.stderr.write(`${path}:${line} ${rule}\n  ${message}\n`);
}
process.stderr.write(
  findings.length === 0 ? "Import rules: fine\n" : `Import rules: ${findings.length} broken\n`,
);
process.exitCode = findings.length === 0 ? 0 : 1;
