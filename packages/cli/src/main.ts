#!/usr/bin/env node
/** The `tq` command. */
import { createProgram } from "./command-line/create-program.ts";
import { runCommandLine } from "./command-line/run-command-line.ts";

// Whatever is still open by then must not keep a command alive that has ended.
process.exit(await runCommandLine((onEnd) => createProgram(process.env, onEnd), process.argv.slice(2)));
