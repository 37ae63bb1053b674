/**
 * Writes results as lines. A batch of them is committed when the loop asks for the next one, so by then the operating
 * system has its lines: what is not written is not committed, and is offered again.
 */
import type { Result } from "@tq/common";
import { formatResultLine } from "../output/result-line.ts";
import type { ResultOutput } from "./result-output.ts";

export async function writeResults(
  batches: AsyncIterable<readonly Result[]>,
  output: ResultOutput,
): Promise<void> {
  for await (const batch of batches) {
    let lines = "";
    for (const result of batch) lines += formatResultLine(result);
    await output.write(lines);
  }
}
