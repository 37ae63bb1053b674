/**
 * User values as JSON and back, as `vectors.json` writes them: what JSON has stands for itself, the rest is
 * `{"$": kind, "of": …}`. `about` in that file says the same to readers in other languages.
 */
import { binaryKinds } from "./extensions.ts";

export type Described =
  | null
  | boolean
  | number
  | string
  | readonly Described[]
  | { readonly [key: string]: Described };

const shortBytesMax = 1024;
const unitBytes = 4;

/** Hex; of many bytes that repeat themselves, `hex*times`. */
export function writeHex(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  const unit = hex.slice(0, 2 * unitBytes);
  const times = bytes.length / unitBytes;
  return bytes.length > shortBytesMax && hex === unit.repeat(times) ? `${unit}*${times}` : hex;
}

export function readHex(text: string): Buffer {
  const [hex = "", times = "1"] = text.split("*");
  return Buffer.from(hex.repeat(Number(times)), "hex");
}

export function describeValue(value: unknown): Described {
  switch (typeof value) {
    case "undefined":
      return { $: "undefined" };
    case "bigint":
      return { $: "bigint", of: value.toString() };
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: "number", of: Object.is(value, -0) ? "-0" : `${value}` };
    case "object":
      return value === null ? null : describeObject(value);
    default:
      return value as Described;
  }
}

function describeObject(value: object): Described {
  if (Array.isArray(value)) return Array.from(value, describeValue);
  if (value instanceof Date) return { $: "date", of: value.getTime() };
  if (value instanceof Map) return { $: "map", of: Array.from(value, (entry) => entry.map(describeValue)) };
  if (value instanceof Set) return { $: "set", of: Array.from(value, describeValue) };
  if (Buffer.isBuffer(value)) return { $: "bin", of: writeHex(value) };
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    const bytes = ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
    return {
      $: (value as { [Symbol.toStringTag]: string })[Symbol.toStringTag],
      of: writeHex(bytes),
    };
  }
  const entries = Object.entries(value).map(([key, item]) => [key, describeValue(item)] as const);
  return Object.fromEntries(entries);
}

export function reviveValue(described: Described): unknown {
  if (Array.isArray(described)) return described.map(reviveValue);
  if (typeof described !== "object" || described === null) return described;
  const { $: kind, of } = described as { readonly [key: string]: Described };
  if (typeof kind === "string") return reviveKind(kind, of);
  return Object.fromEntries(Object.entries(described).map(([key, item]) => [key, reviveValue(item)]));
}

function reviveKind(kind: string, of: Described | undefined): unknown {
  switch (kind) {
    case "undefined":
      return undefined;
    case "bigint":
      return BigInt(of as string);
    case "number":
      return Number(of);
    case "date":
      return new Date(of as number);
    case "map":
      return new Map(
        (of as [Described, Described][]).map(([key, value]) => [reviveValue(key), reviveValue(value)]),
      );
    case "set":
      return new Set((of as Described[]).map(reviveValue));
    case "bin":
      return readHex(of as string);
    default:
      return reviveBinary(kind, new Uint8Array(readHex(of as string)).buffer);
  }
}

function reviveBinary(kind: string, bytes: ArrayBuffer): unknown {
  if (!(binaryKinds as readonly string[]).includes(kind))
    throw new Error(`no such kind in the vectors: ${kind}`);
  if (kind === "ArrayBuffer") return bytes;
  const View = (globalThis as unknown as Record<string, new (buffer: ArrayBuffer) => unknown>)[kind];
  if (View === undefined) throw new Error(`this runtime has no ${kind}`);
  return new View(bytes);
}
