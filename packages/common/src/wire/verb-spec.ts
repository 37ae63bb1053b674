/** How a verb is described. */
import type { FieldsOf } from "./field-spec.ts";
import type { Role } from "./messages.ts";

export type Flow = `${Role} → ${Role}`;

/**
 * `outside`: before or beside a session. `pipe`: over PUSH/PULL, beside all sessions. `unnumbered`: in one, repeatable, the last one counts. `numbered`: in one,
 * delivered once and in order.
 */
export type Place = "outside" | "pipe" | "unnumbered" | "numbered";

/**
 * What the receiver does with a message that breaks the grammar or the rules of its verb, besides counting and reporting it.
 * `refuse`: answers REFUSED if it can be read, else drops it. `drop`: drops it; nothing depends on it. `end`: drops it, and
 * may end the session.
 */
export type Reaction = "refuse" | "drop" | "end";

export interface VerbSpec<M> {
  readonly doc: string;
  readonly flows: readonly Flow[];
  readonly place: Place;
  readonly reaction: Reaction;
  readonly fields: FieldsOf<M>;
}
