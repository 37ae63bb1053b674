/** Messages that must be refused, by the class of the violation, and some that must be read though unusual. */
import { compressSync } from "lz4-napi";
import { encodeMessage } from "./codec.ts";
import { wireLimits } from "./limits.ts";
import { messageCases } from "./message-cases.test-support.ts";
import type { Message } from "./messages.ts";
import { decodeValue, encodeValue, encodeValues } from "./values.ts";
import type { Violation } from "./violation.ts";

type Fields = Record<string, unknown>;
type Frames = readonly Uint8Array[];

/** The header of a good message as plain fields, to be spoiled. */
function fieldsOf(name: string): { verb: string; fields: Fields; body: Uint8Array[] } {
  const message = messageCases[name];
  if (message === undefined) throw new Error(`no such case: ${name}`);
  const [header, ...body] = encodeMessage(message);
  const [verb, fields] = decodeHeader(header as Uint8Array);
  return { verb, fields, body };
}

/** Through the reader of values, which knows no grammar. */
function decodeHeader(header: Uint8Array): [string, Fields] {
  return decodeValue(header) as [string, Fields];
}

function spoiled(name: string, change: Fields, body?: Frames): Frames {
  const good = fieldsOf(name);
  const fields: Fields = { ...good.fields, ...change };
  for (const key of Object.keys(change)) if (change[key] === undefined) delete fields[key];
  return [encodeValue([good.verb, fields]), ...(body ?? good.body)];
}

const origin = Buffer.from("0011223344556677", "hex");
const hex = (text: string): Uint8Array => Buffer.from(text, "hex");
const hexOf = ([frame]: Frames): string => Buffer.from(frame as Uint8Array).toString("hex");
const ids = (...runs: number[]): unknown => [[origin], runs];
const body = encodeMessage(messageCases.RESULTS as Message)[1] as Uint8Array;
const big = encodeValues(Array.from({ length: 3 }, () => "tq ".repeat(700)));
const { attachmentBytesMin } = wireLimits;
/** The column of as many attachments of the smallest size, for these tasks. */
const attached = (...tasks: number[]): unknown => [tasks, tasks.map(() => attachmentBytesMin)];
const packed = compressSync(Buffer.from(big.slab));

/** Frames, and the class that they must be refused with. */
export const badMessageCases: Readonly<Record<string, readonly [Violation, Frames]>> = {
  "no frame": ["frames", []],
  "three frames": ["frames", [...spoiled("RESULTS", {}), hex("00")]],
  "a body where none belongs": ["frames", [...spoiled("ACCEPTED", {}), hex("00")]],
  "no body where one belongs": ["frames", spoiled("RESULTS", {}, [])],
  "an empty header": ["malformed", [hex("")]],
  "a header that is no MessagePack": ["malformed", [hex("c1")]],
  text: ["malformed", [Buffer.from("GET / HTTP/1.1\r\n\r\n")]],
  "a header that is no array": ["malformed", [encodeValue("HELLO")]],
  "an array of one": ["malformed", [encodeValue(["RESYNC"])]],
  "an array of three": ["malformed", [encodeValue(["RESYNC", {}, {}])]],
  "a verb that is no string": ["malformed", [encodeValue([7, {}])]],
  "fields that are no map": ["malformed", [encodeValue(["RESYNC", []])]],
  "bytes left over": ["malformed", [Buffer.concat([spoiled("RESYNC", {})[0] as Uint8Array, hex("c0")])]],
  "a header that ends early": ["malformed", [(spoiled("RESYNC", {})[0] as Uint8Array).subarray(0, -1)]],
  "an unknown key with an unknown extension type": ["malformed", [hex("92a6524553594e4381a178d47200")]],
  "a header nested too deeply": ["malformed", spoiled("RESYNC", { x: [[[[[[[[1]]]]]]]] })],
  "an unknown verb": ["unknown-verb", [encodeValue(["FROBNICATE", {}])]],
  "a verb in lower case": ["unknown-verb", [encodeValue(["resync", {}])]],
  "a verb that every object has": ["unknown-verb", [encodeValue(["constructor", {}])]],
  "WELCOME of another version": ["version", spoiled("WELCOME to a fresh session", { version: 2 })],
  "HELLO of version 0": ["range", spoiled("HELLO, first, of a producer", { version: 0 })],
  "a missing number": ["missing", spoiled("ACCEPTED", { number: undefined })],
  "missing ids": ["missing", spoiled("ACCEPTED", { ids: undefined })],
  "missing lengths": ["missing", spoiled("RESULTS", { values: undefined })],
  "a session that is no number": ["type", spoiled("ACCEPTED", { session: "7" })],
  "a session that is no integer": ["type", spoiled("ACCEPTED", { session: 7.5 })],
  "a number of no safe integer": ["type", spoiled("ACCEPTED", { number: 2n ** 60n })],
  "nil where a field must be": ["type", spoiled("ACCEPTED", { number: null })],
  "ids that are no pair": ["type", spoiled("ACCEPTED", { ids: [[origin]] })],
  "an origin as text": ["type", spoiled("ACCEPTED", { ids: [["0011223344556677"], [0, 1, 1]] })],
  "an origin of seven bytes": ["type", spoiled("ACCEPTED", { ids: [[origin.subarray(1)], [0, 1, 1]] })],
  "a seq beyond 2^53": ["type", spoiled("ACCEPTED", { ids: [[origin], [0, 2n ** 60n, 1]] })],
  "a map in a column": ["type", spoiled("RESULTS", { durationsUs: [1, 2, { valueOf: 3, toString: 4 }] })],
  "a map as lengths": ["type", spoiled("RESULTS", { values: { length: 3 } })],
  "a negative seq": ["type", spoiled("ACCEPTED", { ids: ids(0, -1, 1) })],
  "options that are no map": ["type", spoiled("TASKS for a sink", { options: [] })],
  "a boolean as a number": ["type", spoiled("FAILED", { final: [[0], [1]] })],
  "a boot id of nine bytes": ["range", spoiled("RESYNC", { bootId: Buffer.alloc(9) })],
  "session 0": ["range", spoiled("ACCEPTED", { session: 0 })],
  "number 0": ["range", spoiled("ACCEPTED", { number: 0 })],
  "no ids": ["range", spoiled("ACCEPTED", { ids: ids() })],
  "seq 0": ["range", spoiled("ACCEPTED", { ids: ids(0, 0, 1) })],
  "an empty run": ["range", spoiled("ACCEPTED", { ids: ids(0, 1, 0) })],
  "a run beyond the last seq": ["range", spoiled("ACCEPTED", { ids: ids(0, Number.MAX_SAFE_INTEGER, 2) })],
  "too many ids": ["range", spoiled("ACCEPTED", { ids: ids(0, 1, 65_537) })],
  "too many tasks": ["range", spoiled("RESULTS", { ids: ids(0, 1, 4097) })],
  "an unknown role": ["range", spoiled("HELLO, first, of a producer", { role: "broker" })],
  "an unknown outcome": ["range", spoiled("COMMITTED", { outcome: "lost" })],
  "a priority beyond the limit": [
    "range",
    spoiled("TASKS for a sink", { options: { priority: [[0], [101]] } }),
  ],
  "attempt 0 of a lease": ["range", spoiled("TASKS for a sink", { attempts: [[0], [0]] })],
  "an empty key": ["range", spoiled("TASKS for a sink", { options: { key: [[0], [""]] } })],
  "a name that is too long": ["range", spoiled("HELLO, first, of a producer", { name: "x".repeat(129) })],
  "a task name with a space": [
    "range",
    spoiled("SUBMIT without options, values of equal length", { definition: { name: "count words" } }),
  ],
  "a policy whose longest wait is below its first": [
    "range",
    spoiled("SUBMIT with every option", {
      definition: {
        name: "a",
        policy: {
          maxAttempts: 1,
          crashLimit: 1,
          timeoutMs: 1,
          backoff: { initialMs: 2, factor: 1, maxMs: 1, jitter: 0 },
        },
      },
    }),
  ],
  "a length of 0": ["range", spoiled("RESULTS", { values: [body.length - 1, 1, 0] })],
  "credit for a definition beyond the limit": ["range", spoiled("GRANT", { grants: [1024, 1, 1] })],
  "a run of an origin that is not listed": ["inconsistent", spoiled("ACCEPTED", { ids: ids(1, 1, 1) })],
  "runs that are no triples": ["inconsistent", spoiled("ACCEPTED", { ids: ids(0, 1) })],
  "grants that are no triples": ["inconsistent", spoiled("GRANT", { grants: [0, 1] })],
  "positions that do not ascend": [
    "inconsistent",
    spoiled("RESULTS", {
      attempts: [
        [1, 1],
        [2, 2],
      ],
    }),
  ],
  "a position beyond the ids": ["inconsistent", spoiled("RESULTS", { attempts: [[3], [2]] })],
  "more positions than values": ["inconsistent", spoiled("RESULTS", { attempts: [[0, 1], [2]] })],
  "a duration too few": ["inconsistent", spoiled("RESULTS", { durationsUs: [1, 2] })],
  "a length too few": ["inconsistent", spoiled("RESULTS", { values: [body.length - 1, 1] })],
  "lengths beyond the body": ["inconsistent", spoiled("RESULTS", { values: [body.length - 1, 1, 1] })],
  "lengths that leave some of the body": ["inconsistent", spoiled("RESULTS", { values: 1 })],
  "marks for fewer origins": ["inconsistent", spoiled("LOWMARK", { below: [1] })],
  "a body that unpacks to more than the limit": [
    "too-large",
    spoiled("RESULTS", { lz4: 64 * 1024 * 1024 + 1 }, [packed]),
  ],
  "a block that names another size than the header": [
    "inconsistent",
    spoiled("RESULTS", { lz4: big.slab.length - 1 }, [packed]),
  ],
  "a block that is cut off": [
    "malformed",
    spoiled("RESULTS", { lz4: big.slab.length }, [packed.subarray(0, -1)]),
  ],
  "an attachment that the header does not announce": ["frames", [...spoiled("RESULTS", {}), Buffer.alloc(1)]],
  "an attachment that is missing": ["frames", spoiled("RESULTS", { attachments: attached(0) })],
  "attachments that are no pair": ["type", spoiled("RESULTS", { attachments: [[0]] })],
  "attachments that are none": ["range", spoiled("RESULTS", { attachments: [[], []] })],
  "an attachment more than sizes": ["inconsistent", spoiled("RESULTS", { attachments: [[0], []] })],
  "an attachment cut off": [
    "inconsistent",
    [...spoiled("RESULTS", { attachments: attached(0) }), Buffer.alloc(1)],
  ],
  "an attachment that is too small for one": [
    "range",
    [...spoiled("RESULTS", { attachments: [[0], [1]] }), Buffer.alloc(1)],
  ],
  "an attachment of no task": [
    "inconsistent",
    [...spoiled("RESULTS", { attachments: attached(3) }), Buffer.alloc(1)],
  ],
  "attachments whose tasks do not ascend": [
    "inconsistent",
    [...spoiled("RESULTS", { attachments: attached(1, 0) }), Buffer.alloc(1), Buffer.alloc(1)],
  ],
  "an lz4 that is no number": ["type", spoiled("RESULTS", { lz4: true }, [packed])],
};

/** Frames that must be read as the message beside them, though this side would write others. */
export const readOnlyMessageCases: Readonly<Record<string, readonly [Message, Frames]>> = {
  "unknown keys are ignored": [
    messageCases.ACCEPTED as Message,
    spoiled("ACCEPTED", { later: { a: [1, "b"] } }),
  ],
  "integers as floats": [
    messageCases.ACCEPTED as Message,
    [
      Buffer.from(
        hexOf(spoiled("ACCEPTED", {})).replace("a773657373696f6e07", "a773657373696f6ecb401c000000000000"),
        "hex",
      ),
    ],
  ],
  "equal lengths one by one": [
    messageCases["ANSWER, completed"] as Message,
    spoiled("ANSWER, completed", { values: [1, 1, 1] }),
  ],
  "one LZ4 block": [
    { ...(messageCases.RESULTS as Extract<Message, { verb: "RESULTS" }>), values: big },
    spoiled("RESULTS", { values: big.lengths, lz4: big.slab.length }, [packed]),
  ],
  "HELLO of another version, of which nothing else is read": [
    {
      verb: "HELLO",
      version: 2,
      role: "producer",
      bootId: "0000000000000000",
      name: "",
      received: 0,
      definitions: [],
      slots: 0,
      tags: [],
    },
    [encodeValue(["HELLO", { version: 2, who: ["worker", 7] }])],
  ],
};
