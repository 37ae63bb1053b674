/** The structures that several messages share, and the scalars that occur more than once. */
import {
  contractLimits,
  defaultPolicy,
  type OutcomeStatus,
  parseContractId,
  parsePolicy,
  parseTaskName,
  type TaskPolicy,
} from "../contract/index.ts";
import type { FieldsOf, ScalarSpec, ShapeSpec, StructSpec } from "./field-spec.ts";
import { wireLimits } from "./limits.ts";
import type {
  DefinitionInfo,
  FullSink,
  HeldAttempts,
  Role,
  SinkAddress,
  TaskOptionColumns,
} from "./messages.ts";

export const anyUint = { type: "uint", min: 0, max: Number.MAX_SAFE_INTEGER } as const;
export const positiveUint = { type: "uint", min: 1, max: Number.MAX_SAFE_INTEGER } as const;
export const bootId = { type: "id", doc: "Drawn at random at each start of the process." } as const;
export const epoch = { ...positiveUint, doc: "Number of the ventilator's start." } as const;
export const spanMs = { type: "uint", unit: "ms", min: 0, max: wireLimits.spanMsMax } as const;
export const traceparent: ScalarSpec = {
  type: "text",
  charsMin: 1,
  charsMax: wireLimits.traceparentCharsMax,
};

export const attempts = {
  type: "sparse",
  of: positiveUint,
  optional: true,
  doc: "Number of the attempt. Default 1.",
} as const satisfies ShapeSpec & { doc: string; optional: true };

/** For outcomes, which a task can have without ever having been leased. */
export const attemptsOrNone = {
  ...attempts,
  of: anyUint,
  doc: "Number of the last attempt; 0 for a task that was never leased. Default 1.",
} as const satisfies ShapeSpec & { doc: string; optional: true };

/** Ids of a message with values. */
export const taskIds = {
  type: "ids",
  countMin: 1,
  countMax: wireLimits.tasksPerMessageMax,
  doc: "The tasks; all columns are in their order.",
} as const satisfies ShapeSpec & { doc: string };

/** Ids of a message without values. */
export const manyIds = {
  type: "ids",
  countMin: 1,
  countMax: wireLimits.idsPerMessageMax,
  doc: "The tasks.",
} as const satisfies ShapeSpec & { doc: string };

const policyFields: FieldsOf<TaskPolicy> = {
  maxAttempts: {
    type: "uint",
    unit: "attempts",
    min: 1,
    max: contractLimits.maxAttemptsMax,
    doc: "Failed attempts after which the task fails.",
  },
  crashLimit: {
    type: "uint",
    unit: "workers",
    min: 1,
    max: contractLimits.crashLimitMax,
    doc: "Workers it may take down before it is dead.",
  },
  timeoutMs: {
    type: "uint",
    unit: "ms",
    min: 1,
    max: contractLimits.timeoutMsMax,
    doc: "Limit of one attempt.",
  },
  backoff: {
    type: "struct",
    name: "backoff",
    fields: {
      initialMs: {
        type: "uint",
        unit: "ms",
        min: 1,
        max: contractLimits.timeoutMsMax,
        doc: "Wait after the first failure.",
      },
      factor: {
        type: "number",
        min: 1,
        max: contractLimits.backoffFactorMax,
        doc: "By what the wait grows with each failure.",
      },
      maxMs: {
        type: "uint",
        unit: "ms",
        min: 1,
        max: contractLimits.timeoutMsMax,
        doc: "The longest wait; at least `initialMs`.",
      },
      jitter: { type: "number", min: 0, max: 1, doc: "The random share of each wait." },
    } satisfies FieldsOf<TaskPolicy["backoff"]>,
    doc: "The wait between attempts.",
  },
};

export const policy: StructSpec = {
  type: "struct",
  name: "policy",
  fields: policyFields,
  check: parsePolicy,
};

const definitionFields: FieldsOf<DefinitionInfo> = {
  name: {
    type: "text",
    charsMin: 1,
    charsMax: contractLimits.taskNameCharsMax,
    parse: parseTaskName,
    rule: "`A-Z a-z 0-9 . _ : / -`",
    doc: "Name of the task's definition.",
  },
  contract: {
    type: "text",
    charsMin: 1,
    charsMax: contractLimits.contractIdCharsMax,
    parse: parseContractId,
    rule: "`A-Z a-z 0-9 . _ : / -`",
    optional: true,
    doc: "Contract id. Absent: matches any.",
  },
  policy: {
    ...policy,
    optional: true,
    doc: `What the definition asks for. Absent: the other side's, else ${defaultPolicy.maxAttempts} attempts, ${defaultPolicy.crashLimit} crashes, ${defaultPolicy.timeoutMs / 60_000} minutes.`,
  },
};

export const definition: StructSpec = { type: "struct", name: "definition", fields: definitionFields };

const optionFields: FieldsOf<TaskOptionColumns> = {
  priority: {
    type: "sparse",
    of: { type: "int", min: -wireLimits.priorityMax, max: wireLimits.priorityMax },
    optional: true,
    doc: "Higher runs earlier. Default 0.",
  },
  notBeforeMs: {
    type: "sparse",
    of: spanMs,
    optional: true,
    doc: "Not to be leased before this span has passed.",
  },
  expiresMs: {
    type: "sparse",
    of: spanMs,
    optional: true,
    doc: "Not to be started after this span has passed.",
  },
  timeoutMs: {
    type: "sparse",
    of: { type: "uint", unit: "ms", min: 1, max: contractLimits.timeoutMsMax },
    optional: true,
    doc: "Limit of one attempt. Default: the definition's.",
  },
  key: {
    type: "sparse",
    of: { type: "text", charsMin: 1, charsMax: wireLimits.keyCharsMax },
    optional: true,
    doc: "Idempotency key.",
  },
  keyKeptMs: {
    type: "sparse",
    of: spanMs,
    optional: true,
    doc: "How long after the task's end its key is remembered. Default 0.",
  },
  traceparent: {
    type: "sparse",
    of: traceparent,
    optional: true,
    doc: "W3C `traceparent` of the caller, as it was given.",
  },
};

export const options = {
  type: "struct",
  name: "options",
  fields: optionFields,
  elided: true,
  doc: "Options of single tasks. Absent: none.",
} as const satisfies StructSpec & { doc: string };

const heldFields: FieldsOf<HeldAttempts> = {
  epoch,
  ids: { type: "ids", countMin: 0, countMax: wireLimits.idsPerMessageMax, doc: "The tasks." },
  attempts,
};

export const held: StructSpec = { type: "struct", name: "held", fields: heldFields };

/** How a ventilator's sink is called. */
export const sinkId = { type: "text", charsMin: 1, charsMax: wireLimits.nameCharsMax } as const;

const sinkFields: FieldsOf<SinkAddress> = {
  id: {
    ...sinkId,
    doc: "Stable over restarts where the sink has a store, else its boot id.",
  },
  endpoint: {
    type: "text",
    charsMin: 1,
    charsMax: wireLimits.endpointCharsMax,
    doc: "Where workers connect to it.",
  },
  push: {
    type: "text",
    charsMin: 1,
    charsMax: wireLimits.endpointCharsMax,
    optional: true,
    doc: "Push lane: where its PULL is bound.",
  },
};

export const sink: StructSpec = { type: "struct", name: "sink", fields: sinkFields };

const fullSinkFields: FieldsOf<FullSink> = {
  definition: {
    type: "uint",
    min: 0,
    max: wireLimits.definitionsMax - 1,
    doc: "Index into HELLO's `definitions`.",
  },
  sink: { ...sinkId, doc: "Id of the sink, as in TASKS." },
};

export const fullSink: StructSpec = { type: "struct", name: "full-sink", fields: fullSinkFields };

export const roles = ["worker", "producer", "ventilator", "sink"] as const satisfies readonly Role[];
export const outcomes = [
  "completed",
  "failed",
  "dead",
  "cancelled",
  "expired",
] as const satisfies readonly OutcomeStatus[];

/** A text for people that says who. */
export const peerName = {
  type: "text",
  forPeople: true,
  charsMax: wireLimits.nameCharsMax,
  doc: "Shown to people: host and pid, or what the user called it.",
} as const;

export const traceparents = {
  type: "sparse",
  of: traceparent,
  optional: true,
  doc: "W3C `traceparent` of the caller, where there was one.",
} as const;
export const durationsUs = {
  type: "column",
  of: { type: "uint", unit: "µs", min: 0, max: Number.MAX_SAFE_INTEGER },
  doc: "From the call of each handler to its settling.",
} as const;

export const outcome = { type: "enum", of: outcomes } as const;
