/**
 * How a task's value is printed as JSON: one mapping, for people, `jq` and spreadsheets.
 *
 * | value                                              | printed as                                             |
 * |----------------------------------------------------|--------------------------------------------------------|
 * | null, boolean, finite number, string, array, object | itself                                                 |
 * | undefined                                          | null; as an object's property: left out                |
 * | NaN, Infinity, -Infinity                           | "NaN", "Infinity", "-Infinity"                         |
 * | BigInt                                             | its digits as a string: "9007199254740993"             |
 * | Date                                               | ISO 8601 as a string, in UTC                           |
 * | Map                                                | array of [key, value], in its order                    |
 * | Set                                                | array, in its order                                    |
 * | Buffer, Uint8Array, Uint8ClampedArray, ArrayBuffer, DataView | base64 as a string                           |
 * | other typed arrays                                 | array of numbers (of strings, where elements are BigInt) |
 *
 * Readable, not reversible: tagged objects would be, but every consumer would have to know the tags, and the task's
 * contract already says what a field was. A value that is JSON already is returned as it is, without a copy.
 */
import { TqError } from "@tq/common";

/** Wire values nest at most 64 deep; what a schema makes of them may nest deeper, or be circular. */
const depthMax = 256;

/** A value that `JSON.stringify` prints by the mapping. Throws `TQ_ERR_UNENCODABLE` for what nests too deep. */
export function toJsonValue(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return String(value);
    case "object":
      return value === null ? null : objectToJson(value, depth);
    default:
      return null;
  }
}

function objectToJson(value: object, depth: number): unknown {
  if (depth >= depthMax) {
    throw new TqError("TQ_ERR_UNENCODABLE", `a value nests more than ${depthMax} deep, or holds itself`);
  }
  if (Array.isArray(value)) return arrayToJson(value, depth + 1);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return plainToJson(value, depth + 1);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map) return arrayToJson([...value], depth + 1);
  if (value instanceof Set) return arrayToJson([...value], depth + 1);
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value)) return viewToJson(value);
  // A class of the user's own, made by a schema at this side.
  if ("toJSON" in value && typeof value.toJSON === "function") return toJsonValue(value.toJSON(), depth + 1);
  return plainToJson(value, depth + 1);
}

function arrayToJson(values: readonly unknown[], depth: number): unknown {
  for (let index = 0; index < values.length; index++) {
    const made = toJsonValue(values[index], depth);
    if (made === values[index]) continue;
    return Array.from(values, (value) => toJsonValue(value, depth));
  }
  return values;
}

function plainToJson(value: object, depth: number): unknown {
  const entries = Object.entries(value);
  // fromEntries defines properties, so that a key "__proto__" stays a key.
  return entries.every(([, field]) => field === undefined || toJsonValue(field, depth) === field)
    ? value
    : Object.fromEntries(
        entries.flatMap(([key, field]) => (field === undefined ? [] : [[key, toJsonValue(field, depth)]])),
      );
}

function viewToJson(view: ArrayBufferView): unknown {
  if (view instanceof Uint8Array || view instanceof Uint8ClampedArray || view instanceof DataView) {
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("base64");
  }
  return Array.from(view as unknown as Iterable<number | bigint>, (element) => toJsonValue(element));
}
