/**
 * User values to bytes and back: inputs, outputs, errors, progress.
 *
 * A batch of them is one slab without gaps, written in one pass, and a column of lengths; so whoever only passes tasks
 * on takes a batch apart and puts it together without decoding a value. What a value may be is decided in
 * `write-value.ts`, what arrives in `byte-reader.ts`.
 */
import { TqError } from "../contract/index.ts";
import { AttachmentsReader } from "./attachments.ts";
import { ByteReader, noAttachments } from "./byte-reader.ts";
import { wireLimits } from "./limits.ts";
import { Malformed } from "./malformed.ts";
import type { Values } from "./messages.ts";
import { type EncodeOptions, ValuesEncoder } from "./values-encoder.ts";

/** Serves one call after the other; a call from inside a getter of a value gets one of its own. */
const shared = new ValuesEncoder();

/**
 * Encodes one value as fresh bytes, its binaries of any size included.
 *
 * Errors: `TQ_ERR_UNENCODABLE` (details: `path` such as `$.a[3].b`, `reason`), `TQ_ERR_PAYLOAD_TOO_LARGE` (details:
 * `bytes`, `bytesMax`).
 */
export function encodeValue(value: unknown, options?: EncodeOptions): Uint8Array {
  const encoder = encoderFor(options);
  encoder.inlinesAll = true;
  encoder.add(value);
  return encoder.take().slab;
}

/**
 * Encodes values back to back into a fresh slab, and sets their large binaries apart, uncopied. All or nothing.
 *
 * Errors: as `encodeValue`, with `index` in the details.
 */
export function encodeValues(values: readonly unknown[], options?: EncodeOptions): Values {
  const encoder = encoderFor(options);
  try {
    for (let index = 0; index < values.length; index++) encoder.add(values[index]);
    return encoder.take();
  } catch (error) {
    encoder.clear();
    throw error;
  }
}

function encoderFor(options: EncodeOptions | undefined): ValuesEncoder {
  if (!shared.isIdle) return new ValuesEncoder(options);
  shared.payloadBytesMax = options?.payloadBytesMax ?? wireLimits.payloadBytesMax;
  shared.inlinesAll = false;
  return shared;
}

/** Where an encoded value is: the bytes from `from` to `to` of a slab, and what is attached to it. */
export interface EncodedValue {
  readonly slab: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly attachments?: readonly Uint8Array[] | undefined;
}

/**
 * Decodes exactly one value without attachments. What it returns shares no memory with the bytes.
 *
 * Errors: `TQ_ERR_UNDECODABLE` (details: `reason`).
 */
export function decodeValue(bytes: Uint8Array): unknown {
  return decodeValueAt({ slab: bytes, from: 0, to: bytes.length });
}

/** The same for a part of a slab. What was attached is not copied: it is what the value holds. */
export function decodeValueAt({ slab, from, to, attachments }: EncodedValue): unknown {
  const reader = new ByteReader(slab);
  if (attachments !== undefined) reader.attachments = attachments;
  try {
    return reader.only(from, to);
  } catch (error) {
    throw undecodable(error);
  }
}

/**
 * Decodes all values of a batch.
 *
 * With `onUndecodable`, what it returns takes the place of a value that cannot be decoded: one bad payload is no
 * reason to lose its neighbours. Without, the first one throws `TQ_ERR_UNDECODABLE`.
 */
export function decodeValues(
  values: Values,
  onUndecodable: (index: number, error: TqError) => unknown = rethrow,
): unknown[] {
  const reader = new ByteReader(values.slab);
  const { lengths, attachments } = values;
  const attached = attachments && new AttachmentsReader(attachments);
  const decoded: unknown[] = new Array(lengths.length);
  let from = 0;
  for (let index = 0; index < lengths.length; index++) {
    const to = from + (lengths[index] ?? 0);
    if (attached !== undefined) reader.attachments = attached.of(index) ?? noAttachments;
    try {
      decoded[index] = reader.only(from, to);
    } catch (error) {
      decoded[index] = onUndecodable(index, undecodable(error));
    }
    from = to;
  }
  return decoded;
}

function rethrow(_index: number, error: TqError): never {
  throw error;
}

function undecodable(error: unknown): TqError {
  if (!(error instanceof Malformed)) throw error;
  const { reason } = error;
  return new TqError("TQ_ERR_UNDECODABLE", `the bytes of a value cannot be decoded: ${reason}`, {
    details: { reason },
  });
}

/** As many nils: for outcomes that carry no value. */
export function nilValues(count: number): Values {
  return { lengths: new Array<number>(count).fill(1), slab: Buffer.alloc(count, 0xc0) };
}
