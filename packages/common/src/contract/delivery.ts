/**
 * How often a task is run, which decides the lane it travels on.
 *
 * A word of the contract and not of a call, because it says what the handler must bear: repetition, or loss.
 */
import { type Parsed, parsed, refused } from "./parsed.ts";
import { preview } from "./preview.ts";

/**
 * `at-least-once`: the credit lane. Leased, tried again, acknowledged; a handler may run more than once.
 *
 * `at-most-once`: the push lane. Sent once to whichever worker reads it, never again; what goes down with a worker or a
 * connection is counted and said, and not run.
 */
export type Delivery = "at-least-once" | "at-most-once";

const deliveries: readonly Delivery[] = ["at-least-once", "at-most-once"];

/** @internal */
export function parseDelivery(value: unknown): Parsed<Delivery> {
  const known = deliveries.find((delivery) => delivery === value);
  if (known !== undefined) return parsed(known);
  return refused(`delivery must be "at-least-once" or "at-most-once", not ${preview(value)}`);
}
