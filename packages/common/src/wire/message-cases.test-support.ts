/**
 * What `vectors.json` was made from. To add a vector, add it here and run `write-vectors.test-support.ts`, which only ever adds:
 * a vector that was published stays as it is.
 */
import type { Message } from "./messages.ts";
import { encodeValues, nilValues } from "./values.ts";

const origin = "0011223344556677";
const other = "8899aabbccddeeff";
const bootId = "fedcba9876543210";
const policy = {
  maxAttempts: 3,
  crashLimit: 2,
  timeoutMs: 900_000,
  backoff: { initialMs: 100, factor: 1.5, maxMs: 30_000, jitter: 0.5 },
};
const countWords = { name: "text.count-words", contract: "2b1f", policy };
const head = { session: 7, number: 12, received: 9 };
const beat = { session: 7, received: 9 };
const ids = { origins: [origin], runs: [0, 41, 3] };
const taskError = { name: "TypeError", message: "no such file", stack: "TypeError: no such file\n    at f" };
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const sessionMessages: Record<string, Message> = {
  "HELLO, first, of a producer": {
    verb: "HELLO",
    version: 1,
    role: "producer",
    bootId,
    name: "web-1:4711",
    received: 0,
    definitions: [],
    slots: 0,
    tags: [],
  },
  "HELLO of a worker that resumes": {
    verb: "HELLO",
    version: 1,
    role: "worker",
    bootId,
    name: "host-3:815",
    session: 7,
    received: 9,
    definitions: [countWords, { name: "mail/send" }],
    slots: 8,
    tags: ["gpu", "eu-west"],
    held: {
      epoch: 3,
      ids: { origins: [origin, other], runs: [0, 41, 3, 1, 7, 1] },
      attempts: { at: [3], values: [2] },
    },
  },
  "HELLO of a ventilator": {
    verb: "HELLO",
    version: 1,
    role: "ventilator",
    bootId,
    name: "v",
    received: 0,
    definitions: [],
    slots: 0,
    tags: [],
    endpoints: { producers: "tcp://10.0.0.5:5557" },
  },
  "WELCOME to a fresh session": {
    verb: "WELCOME",
    version: 1,
    session: 7,
    resumed: false,
    received: 0,
    bootId,
    name: "ventilator-1",
    epoch: 3,
    heartbeatMs: 750,
    liveness: 3,
    sinks: [{ id: "sink-a", endpoint: "tcp://10.0.0.6:5558" }],
    adopted: { origins: [origin], runs: [0, 42, 2] },
  },
  "WELCOME back, of a sink": {
    verb: "WELCOME",
    version: 1,
    session: 4_294_967_296,
    resumed: true,
    received: 31,
    bootId,
    name: "sink-1",
    epoch: 0,
    heartbeatMs: 750,
    liveness: 3,
    sinks: [],
    sinkId: "sink-a",
  },
  REFUSED: {
    verb: "REFUSED",
    code: "TQ_ERR_WRONG_ENDPOINT",
    message: "this endpoint is for workers",
    endpoint: "tcp://10.0.0.5:5556",
  },
  "REFUSED without an endpoint": { verb: "REFUSED", code: "TQ_ERR_BOOT_ID_IN_USE", message: "" },
  RESYNC: { verb: "RESYNC", bootId },
  HEARTBEAT: { verb: "HEARTBEAT", ...beat, sent: 12 },
  "HEARTBEAT of a worker": {
    verb: "HEARTBEAT",
    ...beat,
    sent: 12,
    grants: [0, 320, 1_048_576, 1, 16, 65_536],
    held: { epoch: 3, ids: { origins: [], runs: [] } },
  },
  "HEARTBEAT of a worker whose results wait for their commit": {
    verb: "HEARTBEAT",
    ...beat,
    sent: 12,
    held: { epoch: 3, ids: { origins: [origin], runs: [0, 41, 2] } },
    unfinished: 0,
  },
  GRANT: { verb: "GRANT", ...beat, grants: [0, 9_007_199_254_740_991, 5_000_000_000] },
  BYE: { verb: "BYE", ...beat, reason: "drained" },
  HEART: {
    verb: "HEART",
    session: 7,
    bootId,
    stuckMs: 1250,
    started: { epoch: 3, ids: { origins: [origin], runs: [0, 41, 1] }, attempts: { at: [0], values: [2] } },
  },
  PROGRESS: { verb: "PROGRESS", ...beat, ids, values: encodeValues([0.25, { done: 3, of: 4 }, null]) },
};

const taskMessages: Record<string, Message> = {
  "SUBMIT with every option": {
    verb: "SUBMIT",
    ...head,
    definition: countWords,
    reply: "sink",
    ids,
    options: {
      priority: { at: [0, 2], values: [-100, 100] },
      notBeforeMs: { at: [1], values: [60_000] },
      expiresMs: { at: [1], values: [3_600_000] },
      timeoutMs: { at: [2], values: [5000] },
      key: { at: [0], values: ["order-4711 ✓"] },
      traceparent: { at: [1], values: [traceparent] },
    },
    values: encodeValues([{ path: "a.md" }, { path: "b.md" }, { path: "ü.txt" }]),
  },
  "SUBMIT without options, values of equal length": {
    verb: "SUBMIT",
    ...head,
    definition: { name: "square" },
    reply: "answer",
    ids,
    options: {},
    values: encodeValues([1, 2, 3]),
  },
  ACCEPTED: { verb: "ACCEPTED", ...head, ids },
  REJECTED: { verb: "REJECTED", ...head, ids, code: "TQ_ERR_LIMIT", message: "too many tasks wait" },
  "SETTLED, ids of two origins": {
    verb: "SETTLED",
    ...head,
    outcome: "completed",
    ids: { origins: [origin, other], runs: [0, 1, 4096, 1, 9_007_199_254_740_991, 1, 0, 5000, 20] },
  },
  "ANSWER, completed": {
    verb: "ANSWER",
    ...head,
    outcome: "completed",
    ids,
    values: encodeValues([1, 4, 9]),
  },
  "ANSWER, cancelled before a lease": {
    verb: "ANSWER",
    ...head,
    outcome: "cancelled",
    ids,
    attempts: { at: [0, 1, 2], values: [0, 0, 0] },
    values: nilValues(3),
  },
  ANSWERED: { verb: "ANSWERED", ...head, ids },
  CANCEL: { verb: "CANCEL", ...head, ids },
  "TASKS for a sink": {
    verb: "TASKS",
    ...head,
    epoch: 3,
    definition: 0,
    sink: "sink-a",
    ids,
    options: {},
    values: encodeValues([{ path: "a.md" }, { path: "b.md" }, { path: "ü.txt" }]),
  },
  "TASKS, answered, second attempt": {
    verb: "TASKS",
    ...head,
    epoch: 3,
    definition: 1,
    ids,
    attempts: { at: [1], values: [2] },
    options: { timeoutMs: { at: [1], values: [1000] } },
    values: encodeValues([1, 200, 70_000]),
  },
  RETURN: { verb: "RETURN", ...head, epoch: 3, ids, attempts: { at: [1], values: [2] } },
  RECALL: { verb: "RECALL", ...head, ids },
  FAILED: {
    verb: "FAILED",
    ...head,
    epoch: 3,
    ids,
    attempts: { at: [0], values: [3] },
    final: { at: [0, 2], values: [true, false] },
    afterMs: { at: [1], values: [2500] },
    values: encodeValues([taskError, taskError, { ...taskError, code: "ENOENT" }]),
  },
  RESULTS: {
    verb: "RESULTS",
    ...head,
    epoch: 3,
    definition: 0,
    ids,
    attempts: { at: [1], values: [2] },
    traceparent: { at: [1], values: [traceparent] },
    durationsUs: [120, 98_000, 0],
    values: encodeValues([{ words: 12 }, { words: 70_000 }, {}]),
  },
  COMMITTED: { verb: "COMMITTED", ...head, outcome: "completed", ids },
  DONE: { verb: "DONE", ...head, epoch: 3, outcome: "expired", ids },
  PROPOSE: {
    verb: "PROPOSE",
    ...head,
    definition: { name: "text.count-words", contract: "2b1f" },
    outcome: "dead",
    ids,
    attempts: { at: [2], values: [0] },
    traceparent: { at: [0], values: [traceparent] },
    values: encodeValues([taskError, null, null]),
  },
  LOWMARK: { verb: "LOWMARK", ...head, origins: [origin, other], below: [42, 1] },
  CLOSED: { verb: "CLOSED", ...head, origins: [origin] },
  SENT: { verb: "SENT", ...head, origins: [origin, other], through: [1_000_000, 3] },
};

export const messageCases: Readonly<Record<string, Message>> = { ...sessionMessages, ...taskMessages };
