#!/usr/bin/env node
/** The `tq` command. */
import { createProgram } from "./command-line/create-program.ts";
import { runMain } from "./command-line/run-main.ts";

await runMain((onEnd) => createProgram(process.env, onEnd));
