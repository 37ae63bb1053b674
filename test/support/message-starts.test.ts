import { expect, test } from "vitest";
import { MessageStarts } from "./message-starts.ts";

const frame = (flags: number, body: string): number[] => {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(body.length));
  return [flags, ...((flags & 2) === 0 ? [body.length] : size), ...Buffer.from(body)];
};

/** A greeting, a command, a message of three frames of which one has a long head, and one of one frame. */
const stream = Buffer.from([
  ...Buffer.alloc(64, 0xff),
  ...frame(4, "READY"),
  ...frame(1, "first"),
  ...frame(3, "middle"),
  ...frame(0, ""),
  ...frame(0, "second"),
]);

test.each([1, 2, 7, 65, 1_000])("finds where messages begin in pieces of %i bytes", (size) => {
  const starts = new MessageStarts();
  const found: string[] = [];
  for (let at = 0; at < stream.length; at += size) {
    for (const start of starts.in(stream.subarray(at, at + size))) {
      found.push(stream.subarray(at + start, at + start + 5).toString());
    }
  }
  expect(found).toEqual(["first", "secon"]);
});
