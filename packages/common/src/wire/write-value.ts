/**
 * Writes one user value as MessagePack, in one pass that checks as it goes.
 *
 * Plain data and the built-in types of the protocol; anything else is refused, never dropped or changed: a value that
 * arrives is the value that was given. Where it is refused, `explainRefusal` finds the path afterwards, so that the
 * pass itself keeps none. An off-the-shelf encoder would have to be guarded by a walk of its own, because it turns
 * functions into `undefined`, instances into plain objects and −0 into 0, and gives a Map the form of an object.
 */
import type { ByteWriter } from "./byte-writer.ts";
import {
  bigintExtension,
  mapExtension,
  setExtension,
  timestampExtension,
  undefinedExtension,
} from "./extensions.ts";
import { isPlain } from "./is-plain.ts";
import { wireLimits } from "./limits.ts";
import { writeBinary } from "./write-binary.ts";

/** Thrown for a value that cannot be encoded. */
export const refused = Symbol("refused");

/** `depth`: containers around the value. Throws `refused`, or `tooLarge` of the writer. */
export function writeValue(writer: ByteWriter, value: unknown, depth: number): void {
  switch (typeof value) {
    case "string":
      if (!writer.string(value)) throw refused;
      return;
    case "number":
      writer.number(value);
      return;
    case "object":
      if (value === null) writer.byte(0xc0);
      else writeObject(writer, value, depth);
      return;
    case "boolean":
      writer.byte(value ? 0xc3 : 0xc2);
      return;
    case "undefined":
      writer.extensionHeader(undefinedExtension, 1);
      writer.byte(0);
      return;
    case "bigint":
      writeBigint(writer, value);
      return;
    default:
      throw refused;
  }
}

function writeObject(writer: ByteWriter, value: object, depth: number): void {
  if (depth >= wireLimits.depthMax) throw refused;
  if (Array.isArray(value)) {
    writeArray(writer, value, depth + 1);
    return;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) writePlain(writer, value, depth + 1);
  else writeBuiltIn(writer, value, depth);
}

function writeArray(writer: ByteWriter, values: readonly unknown[], depth: number): void {
  const count = values.length;
  writer.arrayHeader(count);
  for (let index = 0; index < count; index++) writeValue(writer, values[index], depth);
}

function writePlain(writer: ByteWriter, value: object, depth: number): void {
  const keys = Object.keys(value);
  writer.mapHeader(keys.length);
  for (const key of keys) {
    if (!writer.string(key)) throw refused;
    writeValue(writer, (value as Record<string, unknown>)[key], depth);
  }
}

function writeBuiltIn(writer: ByteWriter, value: object, depth: number): void {
  if (value instanceof Date) writeDate(writer, value);
  else if (value instanceof Map) writeMap(writer, value, depth + 1);
  else if (value instanceof Set) writeSet(writer, value, depth + 1);
  else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    if (!writeBinary(writer, value)) throw refused;
  } else if (isPlain(value)) writePlain(writer, value, depth + 1);
  else throw refused;
}

function writeMap(writer: ByteWriter, map: ReadonlyMap<unknown, unknown>, depth: number): void {
  const start = writer.startExtension(mapExtension);
  writer.arrayHeader(2 * map.size);
  for (const [key, value] of map) {
    writeValue(writer, key, depth);
    writeValue(writer, value, depth);
  }
  writer.endExtension(start);
}

function writeSet(writer: ByteWriter, set: ReadonlySet<unknown>, depth: number): void {
  const start = writer.startExtension(setExtension);
  writer.arrayHeader(set.size);
  for (const value of set) writeValue(writer, value, depth);
  writer.endExtension(start);
}

function writeDate(writer: ByteWriter, date: Date): void {
  const ms = date.getTime();
  if (Number.isNaN(ms)) throw refused;
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = (ms - seconds * 1000) * 1_000_000;
  if (seconds < 0 || seconds >= 0x4_0000_0000) {
    writer.extensionHeader(timestampExtension, 12);
    writer.uint32(nanoseconds);
    writer.int64(BigInt(seconds));
  } else if (nanoseconds === 0 && seconds < 0x1_0000_0000) {
    writer.extensionHeader(timestampExtension, 4);
    writer.uint32(seconds);
  } else {
    writer.extensionHeader(timestampExtension, 8);
    writer.uint32(nanoseconds * 4 + Math.floor(seconds / 0x1_0000_0000));
    writer.uint32(seconds % 0x1_0000_0000);
  }
}

function writeBigint(writer: ByteWriter, value: bigint): void {
  const isSafe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
  if (!isSafe && (BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value)) {
    writer.bigint64(value);
    return;
  }
  const bytes = twosComplement(value);
  writer.extensionHeader(bigintExtension, bytes.length);
  writer.raw(bytes);
}

/** Big-endian and as short as the sign bit allows. */
function twosComplement(value: bigint): Uint8Array {
  const digits = (value < 0n ? ~value : value).toString(16);
  const whole = digits.length % 2 === 1 ? `0${digits}` : digits;
  const bytes = Buffer.from(whole >= "80" ? `00${whole}` : whole, "hex");
  if (value < 0n) for (let index = 0; index < bytes.length; index++) bytes[index] = ~(bytes[index] ?? 0);
  return bytes;
}
