/** The inputs of `tq submit TASK -`: one JSON value per line, blank lines left out, bad ones named and left out. */
import type { Readable } from "node:stream";
import { parseInput } from "./parse-input.ts";
import { readLines } from "./read-lines.ts";
import type { Refusals } from "./refusals.ts";

export interface NumberedInput {
  /** How the input is called in messages: "line 7". Undefined where there is only one. */
  readonly where: string | undefined;
  /** From 1. */
  readonly line?: number | undefined;
  readonly value: unknown;
}

/** Ends early, without an error, when `stop` is aborted: what was read by then goes its way. */
export async function* readInputs(
  stream: Readable,
  refusals: Refusals,
  stop: AbortSignal,
): AsyncGenerator<NumberedInput, void, undefined> {
  // A read that waits for a terminal or a silent pipe would never look at the signal.
  const end = () => void stream.destroy();
  stop.addEventListener("abort", end, { once: true });
  try {
    for await (const { number, bytes } of readLines(stream)) {
      if (stop.aborted) return;
      const where = `line ${number}`;
      const parsed = parse(bytes, where, refusals);
      if (parsed !== undefined) yield { where, line: number, value: parsed.value };
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    stop.removeEventListener("abort", end);
  }
}

function parse(bytes: Buffer, where: string, refusals: Refusals): { readonly value: unknown } | undefined {
  try {
    return parseInput(bytes, where);
  } catch (error) {
    refusals.add(error);
    return undefined;
  }
}
