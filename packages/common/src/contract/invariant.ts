import { TqError } from "./tq-error.ts";

/**
 * States what must hold if tq itself is free of bugs. Not for a caller's mistake (throw a `TqError` with its own code) and
 * not for a peer's (an event and an answer).
 *
 * @throws TQ_ERR_INTERNAL with the broken invariant as its message.
 * @internal
 */
export function invariant(condition: unknown, broken: string): asserts condition {
  if (!condition) throw new TqError("TQ_ERR_INTERNAL", `broken invariant: ${broken}`);
}
