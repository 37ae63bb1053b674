/** What all numbered verbs have in common. */
import type { FieldsOf } from "./field-spec.ts";
import { envelope } from "./grammar-session.ts";
import { positiveUint } from "./grammar-structures.ts";
import type { NumberedMessage } from "./messages.ts";
import type { Flow, VerbSpec } from "./verb-spec.ts";

const head = {
  ...envelope,
  number: { ...positiveUint, doc: "Number of this message, from 1 in each direction, without gaps." },
} as const;

/** Describes a numbered verb by what it says besides. */
export function numbered<M extends NumberedMessage>(
  doc: string,
  flows: readonly Flow[],
  fields: FieldsOf<Omit<M, keyof typeof head>>,
): VerbSpec<M> {
  return {
    doc,
    flows,
    place: "numbered",
    reaction: "end",
    fields: { ...head, ...fields } as unknown as FieldsOf<M>,
  };
}
