import { decodeValues, encodeValues, sliceValues } from "@tq/common/wire";
import { expect, test } from "vitest";
import { PushBatch } from "./push-batch.ts";

test("large binaries count where a batch is cut, so that no message is beyond what it may carry", () => {
  const KiB = 1024;
  const images = Array.from({ length: 5 }, (_, index) => Buffer.alloc(400 * KiB, index));
  const values = encodeValues(images);
  const batch = new PushBatch({ first: 1, count: 5, options: {}, values, acceptedAt: 0 });
  const piece = batch.next(256, 1024 * KiB);
  expect([piece.from, piece.to]).toEqual([0, 2]);
  expect(batch.bytesOf(0, 2)).toBeGreaterThan(800 * KiB);
  const sent = decodeValues(sliceValues(piece));
  // Byte by byte, `toEqual` takes seconds.
  expect(sent.map((image, index) => Buffer.compare(image as Buffer, images[index] as Buffer))).toEqual([
    0, 0,
  ]);
  batch.from = 2;
  // One may go, however large it is.
  expect(batch.next(256, 1)).toMatchObject({ from: 2, to: 3 });
  batch.from = 4;
  expect(batch.next(256, 1024 * KiB)).toMatchObject({ from: 4, to: 5 });
});
