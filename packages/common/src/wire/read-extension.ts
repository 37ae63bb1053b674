/**
 * Reads the payload of an extension: all that `write-value.ts` writes, and the other forms that its types allow.
 * Decides what the types of the protocol become; a type that it does not name is refused.
 */
import {
  attachmentExtension,
  type BinaryKind,
  bigintExtension,
  binaryExtension,
  binaryKinds,
  mapExtension,
  plainBytesKind,
  setExtension,
  timestampExtension,
  undefinedExtension,
} from "./extensions.ts";
import { Malformed } from "./malformed.ts";

/** The payload: bytes from `pos` to `end`, and how to read a value out of them. `pos` must end at `end`. */
export interface ExtensionPayload {
  readonly buf: Buffer;
  pos: number;
  readonly end: number;
  value(): unknown;
  /** Throws `Malformed` for one that is not there, or not the next. */
  attachment(place: number): Uint8Array;
}

export function readExtension(payload: ExtensionPayload, type: number): unknown {
  switch (type) {
    case undefinedExtension:
      payload.pos = payload.end;
      return undefined;
    case mapExtension:
      return readMap(payload);
    case setExtension:
      return new Set(readItems(payload));
    case timestampExtension:
      return readTimestamp(take(payload));
    case bigintExtension:
      return readBigint(take(payload));
    case binaryExtension:
      return readBinary(take(payload));
    case attachmentExtension:
      return readAttachment(payload, take(payload));
    default:
      throw new Malformed(`extension type ${type} is not one of the protocol`);
  }
}

/** A view of the whole payload, which counts as read. */
function take(payload: ExtensionPayload): Buffer {
  const bytes = payload.buf.subarray(payload.pos, payload.end);
  payload.pos = payload.end;
  return bytes;
}

function readItems(payload: ExtensionPayload): readonly unknown[] {
  const token = payload.buf[payload.pos] ?? 0;
  const isArray = (token & 0xf0) === 0x90 || token === 0xdc || token === 0xdd;
  if (payload.pos >= payload.end || !isArray) throw new Malformed("a Map or Set holds no array");
  return payload.value() as readonly unknown[];
}

function readMap(payload: ExtensionPayload): Map<unknown, unknown> {
  const items = readItems(payload);
  if (items.length % 2 !== 0) throw new Malformed("a Map has a key without a value");
  const map = new Map<unknown, unknown>();
  for (let index = 0; index < items.length; index += 2) map.set(items[index], items[index + 1]);
  return map;
}

/** Finer than a millisecond is cut off: a Date holds no more. */
function readTimestamp(bytes: Buffer): Date {
  const date = new Date(timestampMs(bytes));
  if (Number.isNaN(date.getTime())) throw new Malformed("a timestamp is outside of what a Date can hold");
  return date;
}

function timestampMs(bytes: Buffer): number {
  switch (bytes.length) {
    case 4:
      return bytes.readUInt32BE(0) * 1000;
    case 8: {
      const high = bytes.readUInt32BE(0);
      return wholeMs((high % 4) * 0x1_0000_0000 + bytes.readUInt32BE(4), Math.floor(high / 4));
    }
    case 12:
      return wholeMs(Number(bytes.readBigInt64BE(4)), bytes.readUInt32BE(0));
    default:
      throw new Malformed("a timestamp has 4, 8 or 12 bytes");
  }
}

function wholeMs(seconds: number, nanoseconds: number): number {
  if (nanoseconds > 999_999_999) throw new Malformed("a timestamp has a billion nanoseconds or more");
  return seconds * 1000 + Math.floor(nanoseconds / 1_000_000);
}

function readBigint(bytes: Buffer): bigint {
  if (bytes.length === 0) throw new Malformed("a BigInt has no bytes");
  const unsigned = BigInt(`0x${bytes.toString("hex")}`);
  return BigInt.asIntN(8 * bytes.length, unsigned);
}

function readBinary(bytes: Buffer): unknown {
  const kind = bytes[0] ?? binaryKinds.length;
  // A copy of its own: elements must be aligned, and must not pin or share the batch.
  return viewAs(kind, new Uint8Array(bytes.subarray(1)));
}

/** A view of the frame, which nobody else has. */
function readAttachment(payload: ExtensionPayload, bytes: Buffer): unknown {
  if (bytes.length !== 3) throw new Malformed("an attachment is named by three bytes");
  const [kind = 0, high = 0, low = 0] = bytes;
  const frame = payload.attachment((high << 8) | low);
  if (kind !== plainBytesKind) return viewAs(kind, frame);
  return Buffer.from(frame.buffer, frame.byteOffset, frame.length);
}

/** Without a copy, unless elements would not be aligned, or an ArrayBuffer would hold more than the bytes. */
function viewAs(code: number, bytes: Uint8Array): unknown {
  const kind = binaryKinds[code];
  if (kind === undefined) throw new Malformed("a typed array is of a kind that the protocol does not name");
  if (kind === "ArrayBuffer") return wholeBuffer(bytes);
  const View = views[kind];
  if (View === undefined) throw new Malformed(`this runtime has no ${kind}`);
  const width = View.BYTES_PER_ELEMENT ?? 1;
  if (bytes.length % width !== 0) throw new Malformed(`a ${kind} has half an element`);
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return new View(buffer, byteOffset, bytes.length / width);
}

function wholeBuffer(bytes: Uint8Array): ArrayBufferLike {
  return bytes.length === bytes.buffer.byteLength ? bytes.buffer : new Uint8Array(bytes).buffer;
}

type ViewConstructor = {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
  readonly BYTES_PER_ELEMENT?: number;
};

/** Newer than Node 22, and than the compiler's library. */
declare const Float16Array: ViewConstructor | undefined;

const views: Record<Exclude<BinaryKind, "ArrayBuffer">, ViewConstructor | undefined> = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
  Float16Array: typeof Float16Array === "undefined" ? undefined : Float16Array,
};
