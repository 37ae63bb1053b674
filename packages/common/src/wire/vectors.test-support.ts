/** The form of `vectors.json`, and how it is made from the cases. */
import { badMessageCases, readOnlyMessageCases } from "./bad-message-cases.test-support.ts";
import { encodeMessage } from "./codec.ts";
import { type Described, describeValue, writeHex } from "./describe-value.test-support.ts";
import { protocolVersion } from "./limits.ts";
import { messageCases } from "./message-cases.test-support.ts";
import { badValueCases, readOnlyValueCases, valueCases } from "./value-cases.test-support.ts";
import { encodeValue } from "./values.ts";
import type { Violation } from "./violation.ts";

export interface Vectors {
  readonly about: readonly string[];
  readonly protocol: number;
  readonly values: readonly { readonly name: string; readonly value: Described; readonly hex: string }[];
  readonly valuesToRead: Vectors["values"];
  readonly valuesToRefuse: readonly { readonly name: string; readonly hex: string }[];
  readonly messages: readonly {
    readonly name: string;
    readonly message: Described;
    readonly frames: readonly string[];
  }[];
  readonly messagesToRead: Vectors["messages"];
  readonly messagesToRefuse: readonly {
    readonly name: string;
    readonly violation: Violation;
    readonly frames: readonly string[];
  }[];
}

const about = [
  "Test vectors of TQP/1. Bytes are hex; 0a1b*512 is 0a1b, 512 times. docs/protocol.md says what they mean.",
  "values: this value is written as these bytes, and read from them. valuesToRead: read, but written in another, shorter form. valuesToRefuse: not to be read.",
  "messages: this message is written as these frames, and read from them. messagesToRead: read. messagesToRefuse: refused, as a violation of this class.",
  "A writer may order the keys of a map in another way and choose longer forms; then it still must read all of these.",
  'A value is JSON where JSON has it; integers go up to 2^53 - 1. The rest is {"$": kind, "of": …}:',
  "undefined; number, of: NaN, Infinity, -Infinity or -0; bigint, of: decimal digits; date, of: milliseconds since 1970;",
  "map, of: list of [key, value]; set, of: list; bin, of: hex; a kind of typed array, of: hex of its bytes, little-endian.",
  "A message is its fields by name, as docs/protocol.md has them, with ids and boot ids as hex text, columns as {at, values} or lists,",
  "ids as {origins, runs}, and the values as {lengths, slab}, with one length for each, and attachments as {at, frames}.",
];

/** All cases as they would be written today. */
export function makeVectors(): Vectors {
  return {
    about,
    protocol: protocolVersion,
    values: each(valueCases, (value) => ({ value: describeValue(value), hex: writeHex(encodeValue(value)) })),
    valuesToRead: each(readOnlyValueCases, ({ value, hex }) => ({ value: describeValue(value), hex })),
    valuesToRefuse: each(badValueCases, (hex) => ({ hex })),
    messages: each(messageCases, (message) => ({
      message: describeValue(message),
      frames: encodeMessage(message).map(writeHex),
    })),
    messagesToRead: each(readOnlyMessageCases, ([message, frames]) => ({
      message: describeValue(message),
      frames: frames.map(writeHex),
    })),
    messagesToRefuse: each(badMessageCases, ([violation, frames]) => ({
      violation,
      frames: frames.map(writeHex),
    })),
  };
}

function each<Case, Vector>(
  cases: Readonly<Record<string, Case>>,
  make: (one: Case) => Vector,
): (Vector & { name: string })[] {
  return Object.entries(cases).map(([name, one]) => ({ name, ...make(one) }));
}
