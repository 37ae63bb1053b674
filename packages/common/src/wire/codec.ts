/**
 * Messages to frames and back.
 *
 * A header frame, `[verb, {field: value}]`, and for verbs with values a body frame: the values back to back, or one LZ4
 * block of them; then a frame for each attachment. The body of a message that is encoded is the slab itself, and the slab
 * of one that was decoded is its body: values and attachments are neither copied nor looked at here.
 */
import { invariant } from "../contract/index.ts";
import { attachmentBytes } from "./attachments.ts";
import { readAttachments, writeAttachments } from "./attachments-column.ts";
import { unpackBody } from "./body.ts";
import { ByteReader, noAttachments } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { FieldSpec } from "./field-spec.ts";
import { grammar } from "./grammar.ts";
import { version as versionSpec } from "./grammar-session.ts";
import { idCount } from "./ids.ts";
import { protocolVersion, wireLimits } from "./limits.ts";
import { Malformed } from "./malformed.ts";
import type { Hello, IdRuns, Message, Values, Verb } from "./messages.ts";
import { readLengths } from "./read-columns.ts";
import { readFields, readScalar, type Structure } from "./read-field.ts";
import { bytesOfValues } from "./slab.ts";
import { Violates, type Violation } from "./violation.ts";
import { writeFields } from "./write-field.ts";

export interface EncodeMessageOptions {
  /** Gives a body as one LZ4 block, or undefined where it is to stay as it is. Default: all stay. */
  readonly pack?: ((slab: Uint8Array) => Uint8Array | undefined) | undefined;
}

export type Decoded =
  | { readonly ok: true; readonly message: Message }
  | {
      readonly ok: false;
      readonly violation: Violation;
      /** One short sentence, safe to log. */
      readonly reason: string;
      /** Where it could be read. */
      readonly verb?: Verb;
    };

/** The compiler holds each verb's fields against its message; the code that walks them takes them as they come. */
const fieldsOf = (verb: Verb): Readonly<Record<string, FieldSpec>> => grammar[verb].fields;

const header = new ByteWriter();

/** Header, body, and as many attachments as the smallest of them fill the limit. */
const framesMax = 2 + wireLimits.bodyBytesMax / wireLimits.attachmentBytesMin;

/**
 * The frames of a message: the header and, for verbs with values, the slab itself and the attachments.
 *
 * Errors: `TQ_ERR_INTERNAL` for a message beyond the limits, or whose ids and values differ in number.
 */
export function encodeMessage(message: Message, options: EncodeMessageOptions = {}): Uint8Array[] {
  const { verb } = message;
  const values = "values" in message ? message.values : undefined;
  const packed = values === undefined ? undefined : options.pack?.(values.slab);
  header.pos = 0;
  header.arrayHeader(2);
  header.string(verb);
  const value = message as unknown as Structure;
  const attachments = values?.attachments;
  const more = (packed === undefined ? 0 : 1) + (attachments === undefined ? 0 : 1);
  writeFields(header, fieldsOf(verb), { value, more });
  if (values === undefined) return [finishHeader()];
  checkValues(values, valueCountOf(verb) ?? idCount((message as { ids: IdRuns }).ids));
  if (packed !== undefined) {
    header.string("lz4");
    header.number(values.slab.length);
  }
  const body = packed ?? values.slab;
  if (attachments === undefined) return [finishHeader(), body];
  header.string("attachments");
  writeAttachments(header, attachments);
  return [finishHeader(), body, ...attachments.frames];
}

function finishHeader(): Uint8Array {
  invariant(header.pos <= wireLimits.headerBytesMax, "a header is larger than its limit");
  return header.take();
}

/** How many values a verb always has; undefined where it has one for each id. */
function valueCountOf(verb: Verb): number | undefined {
  const spec = fieldsOf(verb).values;
  return spec?.type === "values" ? spec.count : undefined;
}

function checkValues(values: Values, count: number): void {
  const { lengths, slab } = values;
  invariant(lengths.length === count, "a message has a value for each id");
  invariant(bytesOfValues(values) <= wireLimits.bodyBytesMax, "a body is larger than its limit");
  let sum = 0;
  for (let index = 0; index < lengths.length; index++) sum += lengths[index] as number;
  invariant(sum === slab.length, "the lengths of values add up to their slab");
}

/** Reads what a peer sent. Never throws. What the message keeps of the frames: the body as its slab, and the attachments. */
export function decodeMessage(frames: readonly Uint8Array[]): Decoded {
  let verb: Verb | undefined;
  try {
    const { verb: readVerb, raw } = readHeader(frames);
    verb = readVerb;
    return { ok: true, message: readMessage(verb, raw, frames) };
  } catch (error) {
    const { violation, reason } = asViolation(error);
    return { ok: false, violation, reason, ...(verb === undefined ? {} : { verb }) };
  }
}

function asViolation(error: unknown): { readonly violation: Violation; readonly reason: string } {
  if (error instanceof Violates) return error;
  if (error instanceof Malformed) return { violation: "malformed", reason: error.reason };
  throw error;
}

function readHeader(frames: readonly Uint8Array[]): { verb: Verb; raw: Structure } {
  const [frame] = frames;
  if (frame === undefined || frames.length > framesMax)
    throw new Violates("frames", `${frames.length} frames`);
  if (frame.length > wireLimits.headerBytesMax)
    throw new Violates("too-large", `the header has ${frame.length} bytes`);
  const read = new ByteReader(frame, wireLimits.headerDepthMax).only(0, frame.length);
  if (!Array.isArray(read) || read.length !== 2)
    throw new Violates("malformed", "the header is no array of two");
  const [verb, raw] = read as unknown[];
  if (typeof verb !== "string") throw new Violates("malformed", "the verb is no string");
  if (!Object.hasOwn(grammar, verb))
    throw new Violates("unknown-verb", `the verb ${JSON.stringify(verb.slice(0, 32))} is unknown`);
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new Violates("malformed", "the fields are no map");
  return { verb: verb as Verb, raw: raw as Structure };
}

function readMessage(verb: Verb, raw: Structure, frames: readonly Uint8Array[]): Message {
  const { version } = raw;
  if (Number.isInteger(version) && version !== protocolVersion) {
    if (verb === "HELLO") return foreignHello(version);
    if (verb === "WELCOME")
      throw new Violates("version", `it speaks TQP/${version}, this side TQP/${protocolVersion}`);
  }
  const { read, count } = readFields(fieldsOf(verb), raw);
  const message: Structure = { verb, ...read };
  if ("values" in message)
    message.values = readValues(raw, frames, { verb, count: valueCountOf(verb) ?? count });
  else if (frames.length > 1) throw new Violates("frames", `${verb} comes in one frame`);
  return message as unknown as Message;
}

/** Attachments first: until their number and sizes are right, nothing is allocated for the message. */
function readValues(
  raw: Structure,
  frames: readonly Uint8Array[],
  { verb, count }: { verb: Verb; count: number },
): Values {
  const body = frames[1];
  if (body === undefined) throw new Violates("frames", `${verb} comes in two frames or more`);
  const apart = frames.length > 2 ? frames.slice(2) : noAttachments;
  const attachments = readAttachments(raw.attachments, apart, count);
  const apartBytes = attachments === undefined ? 0 : attachmentBytes(attachments);
  const slab = unpackBody(body, raw.lz4, wireLimits.bodyBytesMax - apartBytes);
  const lengths = readLengths(raw.values, { name: "values", count, bytes: slab.length });
  return attachments === undefined ? { lengths, slab } : { lengths, slab, attachments };
}

/** Nothing else is read of a HELLO of another version, whose form is not known here: enough to refuse it by. */
function foreignHello(rawVersion: unknown): Hello {
  const version = readScalar(rawVersion, versionSpec, "version") as number;
  const nobody = { role: "producer", bootId: "0000000000000000", name: "" } as const;
  return { verb: "HELLO", version, ...nobody, received: 0, definitions: [], slots: 0, tags: [] };
}
