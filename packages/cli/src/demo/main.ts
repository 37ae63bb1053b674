/** The demo: `npx -y pnpm@12.21.0 demo`. */
import { runMain } from "../command-line/run-main.ts";
import { createDemoProgram } from "./demo-program.ts";

await runMain(createDemoProgram);
