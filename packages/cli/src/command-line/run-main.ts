/** The frame of a main module: from the process's words to its exit code, whatever happens in between. */
import { exitCodeOf } from "../exit-codes.ts";
import { formatError, say } from "../output/report-error.ts";
import { asksForJson } from "./options.ts";
import { type ProgramMaker, runCommandLine } from "./run-command-line.ts";

export async function runMain(createProgram: ProgramMaker): Promise<never> {
  const { env: environment } = process;
  const words = process.argv.slice(2);
  // Commander prints help to streams that whoever called may have closed.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  process.on("uncaughtException", (error) => {
    say(formatError(error, { isJson: asksForJson(words, environment), hasStack: true }));
    process.exit(exitCodeOf(error));
  });
  // Whatever is still open by then must not keep a command alive that has ended.
  process.exit(await runCommandLine(createProgram, words, { environment }));
}
