/**
 * Inputs that say whose they are, every fifth with a large binary: whatever is cut, joined and sent again on the way, each
 * task must get its own.
 */
import { wireLimits } from "@tq/common/wire";
import { assert } from "vitest";

const binaries = new Map<number, Buffer>();

function binaryOf(seq: number): Buffer {
  let binary = binaries.get(seq);
  if (binary === undefined) {
    binary = Buffer.alloc(wireLimits.attachmentBytesMin);
    binary.writeUInt32LE(seq, binary.length - 4);
    binaries.set(seq, binary);
  }
  return binary;
}

export const payloadOf = (seq: number): unknown => (seq % 5 === 0 ? { seq, binary: binaryOf(seq) } : seq);

/** Throws if this is not the payload of that task. */
export function checkPayload(seq: number, value: unknown): void {
  if (seq % 5 !== 0) return assert(value === seq, `task ${seq} has another's payload: ${value}`);
  const { seq: told, binary } = value as { seq: number; binary: Buffer };
  const marked = binary.readUInt32LE(binary.length - 4);
  assert(told === seq && marked === seq, `task ${seq} has the value of ${told} and the binary of ${marked}`);
}
