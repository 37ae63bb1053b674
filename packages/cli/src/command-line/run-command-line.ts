/** Runs a command line from its words to its exit code: whatever goes wrong ends as one line on stderr and a code. */
import { TqError } from "@tq/common";
import { type Command, CommanderError } from "commander";
import { type ExitCode, exitCodeOf, exitCodes } from "../exit-codes.ts";
import { hasErrno } from "../output/line-output.ts";
import { type ErrorStyle, errorStyleOf, formatError, say } from "../output/report-error.ts";
import { asksForJson, type Environment } from "./options.ts";

/** Makes the program; `onEnd` is told how the command that ran has ended. */
export type ProgramMaker = (onEnd: (exitCode: ExitCode) => void) => Command;

export interface Surroundings {
  readonly environment: Environment;
  /** Gets what goes to stderr. */
  readonly tell?: (line: string) => void;
}

/** Never rejects. */
export async function runCommandLine(
  createProgram: ProgramMaker,
  words: readonly string[],
  { environment, tell = say }: Surroundings,
): Promise<ExitCode> {
  // Until the options are read, and where they cannot be.
  let style: ErrorStyle = { isJson: asksForJson(words, environment), hasStack: false };
  let exitCode: ExitCode = exitCodes.fine;
  try {
    const program = createProgram((code) => {
      exitCode = code;
    });
    program.hook("preAction", (_, command) => {
      style = errorStyleOf(command.opts());
    });
    await program.parseAsync([...words], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError)
      return endOfParsing(error, (mistake) => tell(formatError(mistake, style)));
    // Whoever read stdout has seen enough, as `head` does.
    if (hasErrno(error, "EPIPE")) return exitCodes.fine;
    tell(formatError(error, style));
    return exitCodeOf(error);
  }
}

/** Help and the version are no errors, unless help is the answer to nothing at all. */
function endOfParsing(error: CommanderError, tell: (mistake: TqError) => void): ExitCode {
  if (error.exitCode === 0) return exitCodes.fine;
  if (error.code !== "commander.help") {
    const message = error.message.replace(/^error: /, "");
    tell(new TqError("TQ_ERR_INVALID_OPTION", message));
  }
  return exitCodes.usage;
}
