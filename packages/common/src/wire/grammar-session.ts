/** The verbs that make, keep and end a session. */
import type { FieldsOf } from "./field-spec.ts";
import {
  anyUint,
  bootId,
  definition,
  fullSink,
  held,
  peerName,
  positiveUint,
  roles,
  sink,
  taskIds,
} from "./grammar-structures.ts";
import { wireLimits } from "./limits.ts";
import type { Bye, Grant, Heart, Heartbeat, Hello, Progress, Refused, Resync, Welcome } from "./messages.ts";
import type { Flow, VerbSpec } from "./verb-spec.ts";

const { nameCharsMax, textCharsMax, endpointCharsMax, codeCharsMax } = wireLimits;

const fromConnecting: readonly Flow[] = [
  "worker → ventilator",
  "producer → ventilator",
  "worker → sink",
  "ventilator → sink",
];
const fromBinding: readonly Flow[] = [
  "ventilator → worker",
  "ventilator → producer",
  "sink → worker",
  "sink → ventilator",
];
const bothWays = [...fromConnecting, ...fromBinding];

/** What every message in a session says. */
export const envelope = {
  session: { ...positiveUint, doc: "The session, as WELCOME named it." },
  received: { ...anyUint, doc: "Highest number received in order from the other side." },
} as const;

export const version = { type: "uint", min: 1, max: 65_535, doc: "Version of the protocol." } as const;

const grantsDoc =
  "Credit since the session began, absolute, in triples: definition, tasks, bytes. What is not named stays as it was.";

const hello: FieldsOf<Hello> = {
  version,
  role: { type: "enum", of: roles, doc: "What the sender is." },
  to: {
    type: "enum",
    of: roles,
    optional: true,
    doc: "What the sender takes the other side for. Whoever is something else refuses it.",
  },
  bootId,
  name: peerName,
  session: { ...positiveUint, optional: true, doc: "The session to resume. Absent: a fresh one is wanted." },
  received: { ...anyUint, doc: "Highest number received in order in that session; 0 without one." },
  definitions: {
    type: "list",
    of: definition,
    itemsMin: 0,
    itemsMax: wireLimits.definitionsMax,
    doc: "Worker: what it can run. Others: empty. Later messages name a definition by its place here, from 0.",
  },
  slots: {
    type: "uint",
    unit: "tasks",
    min: 0,
    max: wireLimits.slotsMax,
    doc: "Worker: tasks it runs at once. Others: 0.",
  },
  tags: {
    type: "list",
    of: { type: "text", charsMin: 1, charsMax: nameCharsMax },
    itemsMin: 0,
    itemsMax: wireLimits.tagsMax,
    doc: "Labels of the worker.",
  },
  held: {
    ...held,
    optional: true,
    doc: "Worker to ventilator: the attempts that it still holds of this one.",
  },
  endpoints: {
    type: "textMap",
    entriesMax: wireLimits.endpointsMax,
    charsMax: endpointCharsMax,
    optional: true,
    doc: "Where the sender can be reached itself: `workers`, `producers`.",
  },
};

const welcome: FieldsOf<Welcome> = {
  version,
  session: {
    ...positiveUint,
    doc: "The session from now on. Never used before by this side, over its restarts.",
  },
  resumed: { type: "bool", doc: "Whether it is the one that HELLO asked for." },
  received: { ...anyUint, doc: "Highest number received in order in the resumed session; 0 in a fresh one." },
  bootId,
  name: peerName,
  epoch: {
    ...anyUint,
    doc: "Ventilator: number of its start, from 1. Sink: 0 or more, without meaning to the peer.",
  },
  heartbeatMs: {
    type: "uint",
    unit: "ms",
    min: 1,
    max: wireLimits.heartbeatMsMax,
    doc: "Both sides send a HEARTBEAT this often.",
  },
  liveness: {
    type: "uint",
    unit: "intervals",
    min: 1,
    max: wireLimits.livenessMax,
    doc: "After so many without a message a peer is gone.",
  },
  sinks: {
    type: "list",
    of: sink,
    itemsMin: 0,
    itemsMax: wireLimits.sinksMax,
    doc: "Ventilator to worker: where results go. Else empty.",
  },
  adopted: {
    type: "ids",
    countMin: 0,
    countMax: wireLimits.idsPerMessageMax,
    optional: true,
    doc: "Ventilator to worker: the held attempts that are leases again.",
  },
  sinkId: { type: "text", charsMin: 1, charsMax: nameCharsMax, optional: true, doc: "Sink: its stable id." },
  push: {
    type: "text",
    charsMin: 1,
    charsMax: endpointCharsMax,
    optional: true,
    doc: "Push lane: where the sender's end of it is bound: a ventilator's PUSH, a sink's PULL.",
  },
};

const refusedFields: FieldsOf<Refused> = {
  code: { type: "text", charsMin: 1, charsMax: codeCharsMax, doc: "Stable: `TQ_ERR_…`." },
  message: { type: "text", forPeople: true, charsMax: textCharsMax, doc: "For people." },
  endpoint: {
    type: "text",
    charsMin: 1,
    charsMax: endpointCharsMax,
    optional: true,
    doc: "The endpoint that would be right, where it is known.",
  },
};

const full = {
  type: "list",
  of: fullSink,
  itemsMin: 0,
  itemsMax: wireLimits.fullSinksMax,
  optional: true,
  doc: "Worker to ventilator: all sinks that it takes no tasks for at present. Absent: as it was said last, at first none.",
} as const;

const heartbeat: FieldsOf<Heartbeat> = {
  ...envelope,
  sent: { ...anyUint, doc: "Highest number that the sender has given out itself." },
  grants: { type: "grants", optional: true, doc: grantsDoc },
  held: { ...held, optional: true, doc: "Worker to ventilator: the attempts that it holds." },
  unfinished: {
    ...anyUint,
    optional: true,
    doc: "Worker to ventilator: how many of them are queued or running. The others wait for their commit.",
  },
  full,
};

const grant: FieldsOf<Grant> = {
  ...envelope,
  grants: { type: "grants", doc: grantsDoc },
  full,
};

const bye: FieldsOf<Bye> = {
  ...envelope,
  reason: { type: "text", forPeople: true, charsMax: textCharsMax, doc: "For people." },
};

const heart: FieldsOf<Heart> = {
  session: { ...positiveUint, doc: "The worker's session with this ventilator." },
  bootId,
  stuckMs: {
    type: "uint",
    unit: "ms",
    min: 0,
    max: wireLimits.spanMsMax,
    doc: "How long the main loop has not turned.",
  },
  started: { ...held, doc: "The attempts whose handler has been called and has not settled." },
};

const progress: FieldsOf<Progress> = {
  ...envelope,
  ids: taskIds,
  values: { type: "values", doc: "What each handler reported last." },
};

export const sessionGrammar = {
  HELLO: {
    doc: "Asks for a session.",
    flows: fromConnecting,
    place: "outside",
    reaction: "refuse",
    fields: hello,
  } satisfies VerbSpec<Hello>,
  WELCOME: {
    doc: "Grants one.",
    flows: fromBinding,
    place: "outside",
    reaction: "drop",
    fields: welcome,
  } satisfies VerbSpec<Welcome>,
  REFUSED: {
    doc: "Grants none, or ends the one there was.",
    flows: bothWays,
    place: "outside",
    reaction: "drop",
    fields: refusedFields,
  } satisfies VerbSpec<Refused>,
  RESYNC: {
    doc: "“I do not know this session”: say HELLO.",
    flows: fromBinding,
    place: "outside",
    reaction: "drop",
    fields: { bootId },
  } satisfies VerbSpec<Resync>,
  HEARTBEAT: {
    doc: "The sender lives, and this is its state.",
    flows: bothWays,
    place: "unnumbered",
    reaction: "end",
    fields: heartbeat,
  } satisfies VerbSpec<Heartbeat>,
  GRANT: {
    doc: "New credit, ahead of the next HEARTBEAT.",
    flows: bothWays,
    place: "unnumbered",
    reaction: "end",
    fields: grant,
  } satisfies VerbSpec<Grant>,
  BYE: {
    doc: "Ends the session.",
    flows: bothWays,
    place: "unnumbered",
    reaction: "end",
    fields: bye,
  } satisfies VerbSpec<Bye>,
  HEART: {
    doc: "The worker's process lives, whatever its main loop does. From a connection of its own, without HELLO.",
    flows: ["worker → ventilator"],
    place: "outside",
    reaction: "drop",
    fields: heart,
  } satisfies VerbSpec<Heart>,
  PROGRESS: {
    doc: "How far tasks have come. May be lost: the next one overtakes it.",
    flows: ["worker → ventilator", "ventilator → producer"],
    place: "unnumbered",
    reaction: "drop",
    fields: progress,
  } satisfies VerbSpec<Progress>,
};
