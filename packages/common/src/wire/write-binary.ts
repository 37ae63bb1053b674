/**
 * Writes binary values: into the slab, or from a threshold on as attachments, which are not copied.
 *
 * Memory that can change its size or is shared with other threads is copied in any case: what is sent must be what was
 * given, and a socket must not read what is not there any more.
 */
import type { ByteWriter } from "./byte-writer.ts";
import {
  attachmentExtension,
  type BinaryKind,
  binaryExtension,
  binaryKinds,
  plainBytesKind,
} from "./extensions.ts";
import { wireLimits } from "./limits.ts";

/** False, and nothing written, if its memory is gone or its type is none of the protocol's. */
export function writeBinary(writer: ByteWriter, value: ArrayBufferView | ArrayBuffer): boolean {
  const isView = ArrayBuffer.isView(value);
  if (value.byteLength === 0 && isDetached(isView ? value.buffer : value)) return false;
  const kind = kindOf(value);
  if (kind === -1) return false;
  const bytes = Buffer.isBuffer(value)
    ? value
    : isView
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      : Buffer.from(value);
  if (bytes.length >= wireLimits.attachmentBytesMin && writer.attachments !== undefined) {
    writeAttachment(writer, kind, isSteady(bytes.buffer) ? bytes : Buffer.from(bytes));
  } else if (kind === plainBytesKind) {
    writer.binary(bytes);
  } else {
    writer.extensionHeader(binaryExtension, 1 + bytes.length);
    writer.byte(kind);
    writer.raw(bytes);
  }
  return true;
}

function writeAttachment(writer: ByteWriter, kind: number, bytes: Buffer): void {
  const place = writer.attach(bytes);
  writer.extensionHeader(attachmentExtension, 3);
  writer.byte(kind);
  writer.byte(place >> 8);
  writer.byte(place & 0xff);
}

/** Of a subclass, too: the tag is the built-in's own. */
function kindOf(value: ArrayBufferView | ArrayBuffer): number {
  if (Buffer.isBuffer(value)) return plainBytesKind;
  return binaryKinds.indexOf((value as { [Symbol.toStringTag]: string })[Symbol.toStringTag] as BinaryKind);
}

function isSteady(buffer: ArrayBufferLike): boolean {
  return buffer instanceof ArrayBuffer && !buffer.resizable;
}

/** Transferred to somebody else: its views have no bytes any more, which must not be taken for empty ones. */
export function isDetached(buffer: ArrayBufferLike): boolean {
  return buffer instanceof ArrayBuffer && buffer.detached;
}
