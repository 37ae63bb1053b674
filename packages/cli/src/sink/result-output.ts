/** Where a sink's lines go: the small port between reading results and writing them. */
import { standardOutput } from "../output/line-output.ts";

export interface ResultOutput extends AsyncDisposable {
  /** Resolves when the operating system has the lines, all of them; rejects when it has not. */
  write(lines: string): Promise<void>;
}

export const resultsToStandardOutput: ResultOutput = {
  write: (lines) => standardOutput.write(lines),
  [Symbol.asyncDispose]: async () => {},
};
