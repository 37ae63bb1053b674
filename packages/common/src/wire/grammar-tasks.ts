/** The verbs that move tasks and what became of them. All are numbered. */
import {
  anyUint,
  attempts,
  attemptsOrNone,
  definition,
  durationsUs,
  epoch,
  manyIds,
  options,
  outcome,
  positiveUint,
  sinkId,
  spanMs,
  taskIds,
  traceparents,
} from "./grammar-structures.ts";
import { wireLimits } from "./limits.ts";
import type {
  Accepted,
  Answer,
  Answered,
  Cancel,
  Closed,
  Committed,
  Done,
  Failed,
  LowMark,
  Missing,
  Propose,
  Recall,
  Rejected,
  Results,
  Return,
  Sent,
  Settled,
  Submit,
  Tasks,
} from "./messages.ts";
import { numbered } from "./numbered.ts";

const definitionIndex = {
  type: "uint",
  min: 0,
  max: wireLimits.definitionsMax - 1,
  doc: "Place in the definitions of the worker's HELLO.",
} as const;
const origins = {
  type: "list",
  of: { type: "id" },
  itemsMin: 1,
  itemsMax: wireLimits.originsPerMessageMax,
  doc: "The origins.",
} as const;
const seqs = {
  type: "list",
  of: positiveUint,
  itemsMin: 1,
  itemsMax: wireLimits.originsPerMessageMax,
  sameLengthAs: "origins",
} as const;

const withProducer = {
  SUBMIT: numbered<Submit>("Take these. Ids of one origin, in one run.", ["producer → ventilator"], {
    definition: { ...definition, doc: "What they are tasks of." },
    reply: {
      type: "enum",
      of: ["sink", "answer", "push"],
      doc: "Whether the results go to a sink, come back as ANSWER, or go to a sink over the push lane.",
    },
    sink: {
      ...sinkId,
      optional: true,
      doc: "With `reply` `sink`: id of the sink that is to get the results. Absent: the ventilator chooses.",
    },
    handedOn: {
      type: "bool",
      optional: true,
      doc: "True: another ventilator, or an earlier start of this one, may have had these, and sinks their results.",
    },
    promised: {
      type: "bool",
      optional: true,
      doc: "With `handedOn`. True: it had accepted them. They are taken whatever their idempotency keys.",
    },
    ids: taskIds,
    options,
    values: { type: "values", doc: "The inputs." },
  }),
  ACCEPTED: numbered<Accepted>("These are the ventilator's now.", ["ventilator → producer"], {
    ids: manyIds,
  }),
  REJECTED: numbered<Rejected>("These are not, and will not be.", ["ventilator → producer"], {
    ids: manyIds,
    code: { type: "text", charsMin: 1, charsMax: wireLimits.codeCharsMax, doc: "Stable: `TQ_ERR_…`." },
    message: { type: "text", forPeople: true, charsMax: wireLimits.textCharsMax, doc: "For people." },
  }),
  SETTLED: numbered<Settled>("These are final: forget them.", ["ventilator → producer"], {
    outcome: { ...outcome, doc: "The outcome that stands, of all of them." },
    ids: manyIds,
  }),
  ANSWER: numbered<Answer>("The outcomes of answered tasks.", ["ventilator → producer"], {
    outcome: { ...outcome, doc: "The outcome of all of them." },
    ids: taskIds,
    attempts: attemptsOrNone,
    values: { type: "values", doc: "Outputs if completed; errors if failed or dead; else nil." },
  }),
  ANSWERED: numbered<Answered>("The caller has these answers.", ["producer → ventilator"], { ids: manyIds }),
  CANCEL: numbered<Cancel>(
    "From a producer: cancel these; SETTLED or ANSWER says what became of them. To a worker: stop these; nothing comes back.",
    ["producer → ventilator", "ventilator → worker"],
    { ids: manyIds },
  ),
};

const withWorker = {
  TASKS: numbered<Tasks>("Leases.", ["ventilator → worker"], {
    epoch,
    definition: definitionIndex,
    sink: {
      ...sinkId,
      optional: true,
      doc: "Id of the sink that gets the results. Absent: the ventilator does.",
    },
    ids: taskIds,
    attempts,
    options,
    values: { type: "values", doc: "The inputs." },
  }),
  RETURN: numbered<Return>("Not started, take them back. No failure is counted.", ["worker → ventilator"], {
    epoch,
    ids: manyIds,
    attempts,
  }),
  RECALL: numbered<Recall>("Give back those of these that have not started.", ["ventilator → worker"], {
    ids: manyIds,
  }),
  FAILED: numbered<Failed>("These attempts failed.", ["worker → ventilator"], {
    epoch,
    ids: taskIds,
    attempts,
    final: {
      type: "sparse",
      of: { type: "bool" },
      optional: true,
      doc: "True where another attempt would be useless. Default false.",
    },
    afterMs: {
      type: "sparse",
      of: spanMs,
      optional: true,
      doc: "The handler's wish for the wait before the next attempt.",
    },
    values: { type: "values", doc: "The errors." },
  }),
  DONE: numbered<Done>("The sink has made these final.", ["worker → ventilator"], {
    epoch,
    outcome: { ...outcome, doc: "As the sink's COMMITTED said." },
    ids: manyIds,
  }),
};

const withSink = {
  RESULTS: numbered<Results>("Outputs of completed attempts.", ["worker → sink", "worker → ventilator"], {
    epoch,
    definition: definitionIndex,
    ids: taskIds,
    attempts,
    traceparent: traceparents,
    durationsUs,
    values: { type: "values", doc: "The outputs." },
  }),
  COMMITTED: numbered<Committed>(
    "These are final.",
    ["sink → worker", "sink → ventilator", "ventilator → worker"],
    {
      outcome: { ...outcome, doc: "The outcome that stands, of all of them." },
      ids: manyIds,
    },
  ),
  PROPOSE: numbered<Propose>("Make these final, unless something already is.", ["ventilator → sink"], {
    definition: { ...definition, doc: "What they are tasks of." },
    outcome: { ...outcome, doc: "Not `completed`." },
    ids: taskIds,
    attempts: attemptsOrNone,
    traceparent: traceparents,
    values: { type: "values", doc: "Errors if failed or dead; else nil." },
  }),
  LOWMARK: numbered<LowMark>("Nothing below these seqs will ever be sent again.", ["ventilator → sink"], {
    origins,
    below: { ...seqs, doc: "For each origin: the seq below which nothing comes." },
  }),
  CLOSED: numbered<Closed>("Nothing of these origins will ever be sent again.", ["ventilator → sink"], {
    origins,
  }),
  SENT: numbered<Sent>("Push lane: what has been sent.", ["ventilator → sink"], {
    origins,
    through: { ...seqs, doc: "For each origin: the highest seq sent." },
    idle: {
      type: "bool",
      optional: true,
      doc: "True: no worker has anything left of it: what has not arrived soon is missing.",
    },
  }),
  MISSING: numbered<Missing>("Push lane: what never came.", ["sink → ventilator"], {
    origins,
    through: { ...seqs, doc: "For each origin: the seq up to which this is final." },
    missing: { ...seqs, of: anyUint, doc: "For each origin: how many of them never came." },
  }),
};

export const taskGrammar = { ...withProducer, ...withWorker, ...withSink };
