/** The verbs of the push lane that travel over PUSH/PULL: beside all sessions, unnumbered, and lost where a peer leaves. */
import type { FieldsOf } from "./field-spec.ts";
import {
  bootId,
  definition,
  durationsUs,
  epoch,
  options,
  outcome,
  peerName,
  taskIds,
  traceparents,
} from "./grammar-structures.ts";
import { wireLimits } from "./limits.ts";
import type { Outcomes, Push } from "./messages.ts";
import type { VerbSpec } from "./verb-spec.ts";

const push: FieldsOf<Push> = {
  bootId: { ...bootId, doc: "The ventilator's: whose TALLY these belong to." },
  epoch,
  definition: { ...definition, doc: "What they are tasks of. Without a policy." },
  sink: {
    type: "text",
    charsMin: 1,
    charsMax: wireLimits.nameCharsMax,
    doc: "Id of the sink that gets the outcomes.",
  },
  ids: taskIds,
  options,
  values: { type: "values", doc: "The inputs." },
};

const outcomesFields: FieldsOf<Outcomes> = {
  worker: { ...peerName, doc: "Name of the worker, shown to people." },
  definition: { ...definition, doc: "What they are tasks of. Without a policy." },
  outcome: { ...outcome, doc: "Of all of them: `completed`, `failed` or `expired`." },
  ids: taskIds,
  traceparent: traceparents,
  durationsUs,
  values: { type: "values", doc: "Outputs if completed; errors if failed; else nil." },
};

export const pipeGrammar = {
  PUSH: {
    doc: "Tasks for whichever worker reads them, at most once.",
    flows: ["ventilator → worker"],
    place: "pipe",
    reaction: "drop",
    fields: push,
  } satisfies VerbSpec<Push>,
  OUTCOMES: {
    doc: "What became of pushed tasks.",
    flows: ["worker → sink"],
    place: "pipe",
    reaction: "drop",
    fields: outcomesFields,
  } satisfies VerbSpec<Outcomes>,
};
