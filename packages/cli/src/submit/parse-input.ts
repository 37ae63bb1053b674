/** An input as JSON text, from the command line or from a line of stdin. */
import { TqError } from "@tq/common";

/** Refuses what is no UTF-8, where a lenient decoder would submit something else. Skips a byte order mark. */
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Undefined for a blank line. Errors: `TQ_ERR_INVALID_INPUT`, which says where: "line 7", "the input". */
export function parseInput(text: string | Buffer, where: string): { readonly value: unknown } | undefined {
  const decoded = typeof text === "string" ? text : decode(text, where);
  if (decoded.trim() === "") return undefined;
  try {
    return { value: JSON.parse(decoded) as unknown };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new TqError("TQ_ERR_INVALID_INPUT", `${where} is not JSON: ${problem}`, { cause: error });
  }
}

function decode(bytes: Buffer, where: string): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new TqError("TQ_ERR_INVALID_INPUT", `${where} is not UTF-8`, { cause: error });
  }
}
