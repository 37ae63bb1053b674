/** The first check of every call that takes options: a misspelt one must not be passed over in silence. */
import { TqError } from "./tq-error.ts";

/**
 * Refuses what is no object of options, or has one that the call does not know.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`, naming the option and those that are known.
 */
export function checkKnownOptions(
  call: string,
  options: unknown,
  known: Readonly<Record<string, true>>,
): void {
  const names = Object.keys(known).join(", ");
  if (typeof options !== "object" || options === null) {
    const message = `${call} takes an object of options; known are ${names}`;
    throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "options" } });
  }
  const option = Object.keys(options).find((key) => !Object.hasOwn(known, key));
  if (option === undefined) return;
  const message = `${call}: unknown option ${JSON.stringify(option)}; known are ${names}`;
  throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option } });
}
