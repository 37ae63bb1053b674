/**
 * Reads MessagePack out of bytes that somebody else wrote: every length is held against what is left, depth is
 * limited, extension types are those of the protocol, and nothing read refers to the bytes afterwards, apart from
 * attachments, which are theirs who read them.
 *
 * It throws `Malformed`, which is no Error, so that refusing costs no stack trace; whoever calls it catches that.
 */
import { wireLimits } from "./limits.ts";
import { Malformed } from "./malformed.ts";
import { readExtension } from "./read-extension.ts";

export class ByteReader {
  readonly buf: Buffer;
  pos: number;
  end: number;
  /** What is attached to the value that is read next. Each is to be named once, in this order. */
  attachments: readonly Uint8Array[] = noAttachments;
  #attachmentsRead = 0;
  #depthLeft: number;

  constructor(bytes: Uint8Array, depthMax: number = wireLimits.depthMax) {
    this.buf = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.pos = 0;
    this.end = bytes.length;
    this.#depthLeft = depthMax;
  }

  /** The one value between two positions; nothing may be left over. */
  only(from: number, to: number): unknown {
    if (to > this.buf.length) throw new Malformed("the bytes end inside a value");
    const depthLeft = this.#depthLeft;
    this.pos = from;
    this.end = to;
    this.#attachmentsRead = 0;
    try {
      const value = this.value();
      if (this.pos !== to) throw new Malformed("bytes are left over after the value");
      if (this.#attachmentsRead !== this.attachments.length)
        throw new Malformed("an attachment is not named by its value");
      return value;
    } finally {
      this.#depthLeft = depthLeft;
    }
  }

  value(): unknown {
    if (this.pos >= this.end) throw new Malformed("the bytes end inside a value");
    const token = this.buf[this.pos++] as number;
    if (token < 0x80) return token;
    if (token >= 0xe0) return token - 0x100;
    if (token >= 0xa0 && token < 0xc0) return this.#string(token & 0x1f);
    if (token < 0x90) return this.#map(token & 0x0f);
    if (token < 0xa0) return this.#array(token & 0x0f);
    return this.#long(token);
  }

  #long(token: number): unknown {
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#binary(this.#uint(1));
      case 0xc5:
        return this.#binary(this.#uint(2));
      case 0xc6:
        return this.#binary(this.#uint(4));
      case 0xca:
        return this.#float32();
      case 0xcb:
        return this.#float64();
      case 0xcc:
        return this.#uint(1);
      case 0xcd:
        return this.#uint(2);
      case 0xce:
        return this.#uint(4);
      case 0xcf:
        return this.#int64(false);
      case 0xd0:
        return (this.#uint(1) << 24) >> 24;
      case 0xd1:
        return (this.#uint(2) << 16) >> 16;
      case 0xd2:
        return this.#uint(4) | 0;
      case 0xd3:
        return this.#int64(true);
      case 0xd9:
        return this.#string(this.#uint(1));
      case 0xda:
        return this.#string(this.#uint(2));
      case 0xdb:
        return this.#string(this.#uint(4));
      case 0xdc:
        return this.#array(this.#uint(2));
      case 0xdd:
        return this.#array(this.#uint(4));
      case 0xde:
        return this.#map(this.#uint(2));
      case 0xdf:
        return this.#map(this.#uint(4));
      case 0xc7:
        return this.#extension(this.#uint(1));
      case 0xc8:
        return this.#extension(this.#uint(2));
      case 0xc9:
        return this.#extension(this.#uint(4));
      case 0xc1:
        throw new Malformed("the byte c1 begins no value");
      default:
        return this.#extension(1 << (token - 0xd4)); // d4 … d8: 1, 2, 4, 8, 16 bytes
    }
  }

  #need(bytes: number): number {
    const at = this.pos;
    if (bytes > this.end - at) throw new Malformed("a length goes beyond the end");
    this.pos = at + bytes;
    return at;
  }

  #uint(width: 1 | 2 | 4): number {
    const at = this.#need(width);
    const buf = this.buf;
    if (width === 1) return buf[at] as number;
    const high = ((buf[at] as number) << 8) | (buf[at + 1] as number);
    if (width === 2) return high;
    return high * 0x1_0000 + (((buf[at + 2] as number) << 8) | (buf[at + 3] as number));
  }

  /** A number where it is a safe integer, else a BigInt. */
  #int64(signed: boolean): number | bigint {
    const high = this.#uint(4);
    const low = this.#uint(4);
    const upper = signed ? high | 0 : high;
    const value = upper * 0x1_0000_0000 + low;
    if (Number.isSafeInteger(value)) return value;
    return (BigInt(upper) << 32n) | BigInt(low);
  }

  #float32(): number {
    return this.buf.readFloatBE(this.#need(4));
  }

  #float64(): number {
    const at = this.#need(8);
    for (let index = 0; index < 8; index++) floatBytes[7 - index] = this.buf[at + index] as number;
    return float[0] as number;
  }

  #string(bytes: number): string {
    const at = this.#need(bytes);
    return this.#text(at, at + bytes);
  }

  #text(from: number, to: number): string {
    return to - from <= shortBytes ? this.#shortString(from, to) : this.#longString(from, to);
  }

  #shortString(from: number, to: number): string {
    const buf = this.buf;
    let text = "";
    let at = from;
    for (; at + 4 <= to; at += 4) {
      const a = buf[at] as number;
      const b = buf[at + 1] as number;
      const c = buf[at + 2] as number;
      const d = buf[at + 3] as number;
      if ((a | b | c | d) >= 0x80) return this.#longString(from, to);
      text += String.fromCharCode(a, b, c, d);
    }
    for (; at < to; at++) {
      const unit = buf[at] as number;
      if (unit >= 0x80) return this.#longString(from, to);
      text += String.fromCharCode(unit);
    }
    return text;
  }

  #longString(from: number, to: number): string {
    const text = this.buf.toString("utf8", from, to);
    // The replacement character stands for broken bytes, or for itself: only then a strict look is needed.
    if (text.includes("\ufffd") && !isUtf8(this.buf, from, to)) throw new Malformed("a string is not UTF-8");
    return text;
  }

  /** A copy: a view would pin the whole batch for as long as it lives, and could write into it. */
  #binary(bytes: number): Buffer {
    const at = this.#need(bytes);
    return Buffer.from(this.buf.subarray(at, at + bytes));
  }

  #descend(items: number): void {
    if (this.#depthLeft-- <= 0) throw new Malformed("it is nested too deeply");
    if (items > this.end - this.pos) throw new Malformed("a length goes beyond the end");
  }

  #array(count: number): unknown[] {
    this.#descend(count);
    // Not allocated in one piece beyond this: nested lengths could each claim all the bytes that are left.
    const values: unknown[] = count <= allocatedItemsMax ? new Array(count) : [];
    const buf = this.buf;
    const end = this.end;
    for (let index = 0; index < count; index++) {
      const at = this.pos;
      const token = at < end ? (buf[at] as number) : 0xc1;
      // Columns of a header, and many a value, are arrays of small numbers.
      if (token < 0x80) {
        this.pos = at + 1;
        values[index] = token;
      } else if (token === 0xcd && at + 2 < end) {
        this.pos = at + 3;
        values[index] = ((buf[at + 1] as number) << 8) | (buf[at + 2] as number);
      } else values[index] = this.value();
    }
    this.#depthLeft++;
    return values;
  }

  #map(count: number): unknown {
    this.#descend(2 * count);
    const object: Record<string, unknown> = {};
    for (let index = 0; index < count; index++) {
      const key = this.#key();
      if (typeof key !== "string") return this.#mixedMap(object, key, count - index);
      setOwn(object, key, this.value());
    }
    this.#depthLeft++;
    return object;
  }

  /** A map with a key that is no string: no object could hold it, so it becomes a Map, in the same order. */
  #mixedMap(before: Record<string, unknown>, firstKey: unknown, left: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>(Object.entries(before));
    map.set(firstKey, this.value());
    for (let index = 1; index < left; index++) map.set(this.value(), this.value());
    this.#depthLeft++;
    return map;
  }

  /** Keys come again and again: a short one is looked up by its bytes, and compared with them. */
  #key(): unknown {
    const token = this.pos < this.end ? (this.buf[this.pos] as number) : 0;
    if (token <= 0xa0 || token >= 0xc0) return this.value();
    this.pos++;
    const bytes = token & 0x1f;
    const at = this.#need(bytes);
    const slot = this.#keySlot(at, bytes);
    const known = knownKeys[slot];
    if (known !== undefined && known.length === bytes && this.#isTextAt(known, at)) return known;
    const key = this.#text(at, at + bytes);
    if (key.length === bytes) knownKeys[slot] = key;
    return key;
  }

  #keySlot(at: number, bytes: number): number {
    const buf = this.buf;
    const first = buf[at] as number;
    const middle = buf[at + (bytes >> 1)] as number;
    const last = buf[at + bytes - 1] as number;
    return ((bytes << 7) ^ (first << 4) ^ middle ^ (last << 1)) & keyMask;
  }

  #isTextAt(text: string, at: number): boolean {
    for (let index = 0; index < text.length; index++) {
      if (text.charCodeAt(index) !== this.buf[at + index]) return false;
    }
    return true;
  }

  /** The attachment of that place, which must be the next one. */
  attachment(place: number): Uint8Array {
    const attachment = this.attachments[place];
    if (attachment === undefined || place !== this.#attachmentsRead)
      throw new Malformed(`attachment ${place} is not the next one of its value`);
    this.#attachmentsRead += 1;
    return attachment;
  }

  #extension(bytes: number): unknown {
    const type = (this.#uint(1) << 24) >> 24;
    const at = this.#need(bytes);
    const after = this.pos;
    const outerEnd = this.end;
    this.pos = at;
    this.end = after;
    const value = readExtension(this, type);
    if (this.pos !== after) throw new Malformed(`bytes are left over in extension ${type}`);
    this.end = outerEnd;
    return value;
  }
}

export const noAttachments: readonly Uint8Array[] = [];

const shortBytes = 12;
const allocatedItemsMax = 4096;

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

const keyMask = 0xfff;
const knownKeys: (string | undefined)[] = new Array(keyMask + 1).fill(undefined);

/** As JSON.parse does it: `__proto__` becomes an own property, and changes no prototype. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isUtf8(buf: Buffer, from: number, to: number): boolean {
  try {
    strictUtf8.decode(buf.subarray(from, to));
    return true;
  } catch {
    return false;
  }
}
