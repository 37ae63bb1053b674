/**
 * The extension types of TQP/1: what MessagePack has no type for, in the range that is left to applications.
 *
 * The payload of a container is one MessagePack value, so that every library can read it with what it already has.
 */

/** MessagePack's own timestamp: a Date. */
export const timestampExtension = -1;
/** One byte, 0: JavaScript's `undefined`. */
export const undefinedExtension = 0;
/** One array, `[key, value, key, value, …]`: a Map, in its order. */
export const mapExtension = 1;
/** One array: a Set, in its order. */
export const setExtension = 2;
/** Two's complement, big-endian, shortest form: a BigInt that no 64-bit integer stands for. */
export const bigintExtension = 3;
/** One byte that says which kind, then the elements, little-endian. */
export const binaryExtension = 4;
/**
 * Three bytes: the kind, or `plainBytesKind`, then the place among the attachments of its own task, two bytes, big-endian.
 * They are numbered from 0 in the order in which the value names them.
 */
export const attachmentExtension = 5;
/** Stands for a Buffer, which is none of the kinds, where an attachment needs one. */
export const plainBytesKind = 0xff;

/**
 * Kinds of `binaryExtension`, by position; the position is on the wire, so new ones go to the end.
 * A Buffer is no kind: it travels as MessagePack `bin`.
 */
export const binaryKinds = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "ArrayBuffer",
  "DataView",
  "Float16Array",
] as const;

export type BinaryKind = (typeof binaryKinds)[number];
