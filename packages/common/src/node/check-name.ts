/** The name of a peer, as all roles check it. */
import { TqError } from "../contract/index.ts";
import { wireLimits } from "../wire/index.ts";

const { nameCharsMax } = wireLimits;

/** Whether it can be the name of a peer, or a tag. */
export const isPeerName = (value: unknown): value is string =>
  typeof value === "string" && value.length >= 1 && value.length <= nameCharsMax;

/**
 * Refuses a name that peers could not be told. No name is fine: there is a default.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`.
 */
export function checkPeerName(call: string, name: unknown): void {
  if (name === undefined || isPeerName(name)) return;
  throw new TqError(
    "TQ_ERR_INVALID_OPTION",
    `${call}: name: it must be a text of 1 to ${nameCharsMax} characters`,
    {
      details: { option: "name" },
    },
  );
}
