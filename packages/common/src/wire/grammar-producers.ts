/** The verbs between producers and ventilators besides those that move tasks and outcomes. All are numbered. */
import { manyIds, positiveUint, sinkId, traceparents } from "./grammar-structures.ts";
import { wireLimits } from "./limits.ts";
import type { Duplicate, Reclaim, Reclaimed, Request, Response, Sinks } from "./messages.ts";
import { numbered } from "./numbered.ts";

const toVentilator = ["producer → ventilator"] as const;
const toProducer = ["ventilator → producer"] as const;

const anyIds = { ...manyIds, countMin: 0 } as const;
const sinkIds = { type: "list", of: sinkId, itemsMin: 0, itemsMax: wireLimits.sinksMax } as const;
const request = { ...positiveUint, doc: "Number of the question, growing." } as const;

export const producerGrammar = {
  DUPLICATE: numbered<Duplicate>("Tasks with the same idempotency keys were accepted before.", toProducer, {
    ids: manyIds,
    of: { ...manyIds, doc: "The ids of those tasks, as many, in the same order." },
    traceparent: { ...traceparents, doc: "W3C `traceparent` of those tasks, where they had one." },
  }),
  RECLAIM: numbered<Reclaim>("Another start of this ventilator accepted these.", toVentilator, {
    ids: manyIds,
  }),
  RECLAIMED: numbered<Reclaimed>("Of what was reclaimed all but these are here.", toProducer, {
    ended: { ...anyIds, doc: "They are over; their outcomes are not known any more." },
    unknown: { ...anyIds, doc: "Never heard of: to be submitted again." },
  }),
  SINKS: numbered<Sinks>("The ventilator's sinks, by their ids. The last one counts.", toProducer, {
    here: { ...sinkIds, doc: "Those that it has a session with." },
    away: { ...sinkIds, doc: "The others." },
  }),
  REQUEST: numbered<Request>("A question about what the ventilator keeps, or a command.", toVentilator, {
    request,
    method: { type: "text", charsMin: 1, charsMax: wireLimits.nameCharsMax, doc: "Which one." },
    values: { type: "values", count: 1, doc: "Its parameters." },
  }),
  RESPONSE: numbered<Response>("The answer to a REQUEST.", toProducer, {
    request,
    code: {
      type: "text",
      charsMin: 1,
      charsMax: wireLimits.codeCharsMax,
      optional: true,
      doc: "Stable: `TQ_ERR_…`. Absent: it was done.",
    },
    message: {
      type: "text",
      forPeople: true,
      charsMax: wireLimits.textCharsMax,
      optional: true,
      doc: "For people; with `code`.",
    },
    values: { type: "values", count: 1, doc: "The answer; nil with `code`." },
  }),
};
