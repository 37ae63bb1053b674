/**
 * Writes MessagePack tokens one after the other into one buffer that grows.
 *
 * It knows tokens, not values or messages. Every number takes its shortest form, and an integer is written as an
 * integer as long as 64 bits hold it exactly: readers that keep integers and floats apart get what was meant.
 *
 * The buffer is its own and is written again by the next batch: what leaves it is copied out, in one piece per batch.
 */
import type { AttachmentsBuilder } from "./attachments.ts";

const firstBytes = 8 * 1024;
/** A buffer that one large batch has blown up is not kept. */
const keptBytesMax = 256 * 1024;

export class ByteWriter {
  buf: Buffer = emptyBuffer;
  pos = 0;
  /** Writing beyond this position throws `tooLarge`, attachments included. */
  endMax = Number.POSITIVE_INFINITY;
  /** Where large binaries go; undefined: everything goes into the buffer. */
  attachments: AttachmentsBuilder | undefined = undefined;
  #view: DataView = emptyView;

  /** Makes sure that `bytes` more can be written. */
  reserve(bytes: number): void {
    if (this.pos + bytes > this.buf.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    const needed = this.pos + bytes;
    if (needed > this.endMax) throw tooLarge;
    const grown = Buffer.allocUnsafeSlow(Math.max(firstBytes, needed, this.buf.length * 2));
    this.buf.copy(grown, 0, 0, this.pos);
    this.buf = grown;
    this.#view = new DataView(grown.buffer, grown.byteOffset, grown.length);
  }

  /** Sets bytes apart, without a copy; returns their place among those of the value that is being written. */
  attach(bytes: Uint8Array): number {
    const attachments = this.attachments;
    if (attachments === undefined) throw tooLarge;
    if (this.pos + attachments.pendingBytes + bytes.length > this.endMax) throw tooLarge;
    return attachments.add(bytes);
  }

  /** What has been written, as fresh bytes; the writer starts anew. */
  take(): Uint8Array {
    const taken = Buffer.allocUnsafe(this.pos);
    this.buf.copy(taken, 0, 0, this.pos);
    this.rewind(0);
    return taken;
  }

  /** Forgets what was written from that position on. */
  rewind(to: number): void {
    this.pos = to;
    if (to > 0 || this.buf.length <= keptBytesMax) return;
    this.buf = emptyBuffer;
    this.#view = emptyView;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buf[this.pos++] = value;
  }

  number(value: number): void {
    this.reserve(9);
    if (value >>> 0 === value) {
      if (value < 0x80 && (value !== 0 || 1 / value > 0)) this.buf[this.pos++] = value;
      else this.#uint32(value);
    } else if (value >> 0 === value) this.#int32(value);
    else if (Number.isSafeInteger(value)) {
      this.buf[this.pos++] = value < 0 ? 0xd3 : 0xcf;
      this.#view.setUint32(this.pos, Math.floor(value / 0x1_0000_0000));
      this.#view.setUint32(this.pos + 4, value);
      this.pos += 8;
    } else this.#float64(value);
  }

  #uint32(value: number): void {
    const buf = this.buf;
    if (value < 0x80) {
      this.#float64(value); // the one number that gets here is −0
    } else if (value < 0x100) {
      buf[this.pos++] = 0xcc;
      buf[this.pos++] = value;
    } else if (value < 0x1_0000) {
      buf[this.pos++] = 0xcd;
      buf[this.pos++] = value >> 8;
      buf[this.pos++] = value;
    } else {
      buf[this.pos++] = 0xce;
      buf[this.pos++] = value >> 24;
      buf[this.pos++] = value >> 16;
      buf[this.pos++] = value >> 8;
      buf[this.pos++] = value;
    }
  }

  #int32(value: number): void {
    const buf = this.buf;
    if (value >= -0x20) {
      buf[this.pos++] = value;
    } else if (value >= -0x80) {
      buf[this.pos++] = 0xd0;
      buf[this.pos++] = value;
    } else if (value >= -0x8000) {
      buf[this.pos++] = 0xd1;
      buf[this.pos++] = value >> 8;
      buf[this.pos++] = value;
    } else {
      buf[this.pos++] = 0xd2;
      buf[this.pos++] = value >> 24;
      buf[this.pos++] = value >> 16;
      buf[this.pos++] = value >> 8;
      buf[this.pos++] = value;
    }
  }

  #float64(value: number): void {
    this.buf[this.pos++] = 0xcb;
    this.#view.setFloat64(this.pos, value);
    this.pos += 8;
  }

  /** An array of numbers that are mostly small and never −0, as columns are. */
  uints(values: readonly number[]): void {
    const count = values.length;
    this.arrayHeader(count);
    this.reserve(9 * count);
    const buf = this.buf;
    let at = this.pos;
    for (let index = 0; index < count; index++) {
      const value = values[index] as number;
      if (value < 0x80 && value >>> 0 === value) buf[at++] = value;
      else if (value < 0x1_0000 && value >>> 0 === value) {
        if (value < 0x100) buf[at++] = 0xcc;
        else {
          buf[at++] = 0xcd;
          buf[at++] = value >> 8;
        }
        buf[at++] = value;
      } else {
        this.pos = at;
        this.number(value);
        at = this.pos;
      }
    }
    this.pos = at;
  }

  /** A BigInt that fits 64 bits, signed or unsigned. */
  bigint64(value: bigint): void {
    this.reserve(9);
    this.buf[this.pos++] = value < 0n || value < 0x8000_0000_0000_0000n ? 0xd3 : 0xcf;
    this.#view.setBigUint64(this.pos, BigInt.asUintN(64, value));
    this.pos += 8;
  }

  /** False, and nothing written, if the string has a surrogate without its other half. */
  string(value: string): boolean {
    const length = value.length;
    if (length > shortChars) return this.#longString(value);
    this.reserve(2 + length);
    const buf = this.buf;
    let at = this.pos;
    if (length < 0x20) buf[at++] = 0xa0 | length;
    else {
      buf[at++] = 0xd9;
      buf[at++] = length;
    }
    for (let index = 0; index < length; index++) {
      const unit = value.charCodeAt(index);
      if (unit >= 0x80) return this.#longString(value);
      buf[at++] = unit;
    }
    this.pos = at;
    return true;
  }

  #longString(value: string): boolean {
    const bytes = Buffer.byteLength(value);
    // Each half of a broken pair counts as three bytes, so what is plain ASCII needs no second look.
    if (bytes !== value.length && !value.isWellFormed()) return false;
    this.stringHeader(bytes);
    this.reserve(bytes);
    this.buf.write(value, this.pos, bytes, "utf8");
    this.pos += bytes;
    return true;
  }

  stringHeader(bytes: number): void {
    this.reserve(5);
    if (bytes < 0x20) this.buf[this.pos++] = 0xa0 | bytes;
    else if (bytes < 0x100) this.#sized(0xd9, 1, bytes);
    else if (bytes < 0x1_0000) this.#sized(0xda, 2, bytes);
    else this.#sized(0xdb, 4, bytes);
  }

  arrayHeader(count: number): void {
    this.reserve(5);
    if (count < 0x10) this.buf[this.pos++] = 0x90 | count;
    else if (count < 0x1_0000) this.#sized(0xdc, 2, count);
    else this.#sized(0xdd, 4, count);
  }

  mapHeader(count: number): void {
    this.reserve(5);
    if (count < 0x10) this.buf[this.pos++] = 0x80 | count;
    else if (count < 0x1_0000) this.#sized(0xde, 2, count);
    else this.#sized(0xdf, 4, count);
  }

  binary(bytes: Uint8Array): void {
    this.reserve(5 + bytes.length);
    if (bytes.length < 0x100) this.#sized(0xc4, 1, bytes.length);
    else if (bytes.length < 0x1_0000) this.#sized(0xc5, 2, bytes.length);
    else this.#sized(0xc6, 4, bytes.length);
    this.buf.set(bytes, this.pos);
    this.pos += bytes.length;
  }

  /** Header of an extension whose length is known. The shortest form. */
  extensionHeader(type: number, bytes: number): void {
    this.reserve(6);
    const fixed = fixedExtension(bytes);
    if (fixed !== 0) this.buf[this.pos++] = fixed;
    else if (bytes < 0x100) this.#sized(0xc7, 1, bytes);
    else if (bytes < 0x1_0000) this.#sized(0xc8, 2, bytes);
    else this.#sized(0xc9, 4, bytes);
    this.buf[this.pos++] = type;
  }

  /** Starts an extension whose length is not known yet; returns what `endExtension` wants. */
  startExtension(type: number): number {
    this.reserve(6);
    this.buf[this.pos] = 0xc9;
    this.buf[this.pos + 5] = type;
    this.pos += 6;
    return this.pos;
  }

  endExtension(start: number): void {
    this.#view.setUint32(start - 5, this.pos - start);
  }

  uint32(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.pos, value);
    this.pos += 4;
  }

  int64(value: bigint): void {
    this.reserve(8);
    this.#view.setBigInt64(this.pos, value);
    this.pos += 8;
  }

  /** Bytes as they are, without a header. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buf.set(bytes, this.pos);
    this.pos += bytes.length;
  }

  #sized(token: number, width: 1 | 2 | 4, length: number): void {
    this.buf[this.pos++] = token;
    if (width === 4) this.#view.setUint32(this.pos, length);
    else if (width === 2) this.#view.setUint16(this.pos, length);
    else this.buf[this.pos] = length;
    this.pos += width;
  }
}

/** Thrown when the buffer would grow beyond `endMax`. */
export const tooLarge = Symbol("too large");

/** Up to here a loop over the characters beats a call into the engine's encoder. */
const shortChars = 63;

const emptyBuffer = Buffer.alloc(0);
const emptyView = new DataView(new ArrayBuffer(0));

function fixedExtension(bytes: number): number {
  switch (bytes) {
    case 1:
      return 0xd4;
    case 2:
      return 0xd5;
    case 4:
      return 0xd6;
    case 8:
      return 0xd7;
    case 16:
      return 0xd8;
    default:
      return 0;
  }
}
