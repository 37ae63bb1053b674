/** The demo: `npx -y pnpm@12.21.0 demo`. */
import { runCommandLine } from "../command-line/run-command-line.ts";
import { createDemoProgram } from "./demo-program.ts";

process.exit(await runCommandLine(createDemoProgram, process.argv.slice(2)));
