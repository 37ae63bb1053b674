import { describe, expect, it } from "vitest";
import { BodyPacker, noCompression } from "./body-packer.ts";

const text = Buffer.from("tq hands tasks out. ".repeat(200));
const small = text.subarray(0, 2047);
/** Bytes that LZ4 cannot guess: the high bits of a multiplicative sequence. */
const noise = Buffer.from(
  Array.from({ length: 4096 }, (_, index) => {
    let bits = Math.imul(index + 1, 0x9e3779b1);
    bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
    return (bits ^ (bits >>> 13)) >>> 24;
  }),
);

function packer() {
  const counts = noCompression();
  return { counts, pack: new BodyPacker(counts).pack };
}

describe("a body packer", () => {
  it("packs what shrinks by an eighth, and counts both sizes", () => {
    const { counts, pack } = packer();
    const packed = pack(text);
    expect(packed?.length).toBeLessThan((text.length * 7) / 8);
    pack(text);
    expect(counts).toEqual({
      ...noCompression(),
      bodies: 2,
      bytesBefore: 2 * text.length,
      bytesAfter: 2 * (packed?.length ?? 0),
    });
  });

  it("neither packs nor counts a body below 2 KiB", () => {
    const { counts, pack } = packer();
    expect(pack(small)).toBeUndefined();
    expect(counts).toEqual(noCompression());
  });

  it("gives up for 8 bodies, 16, and so on up to 1024, where they do not shrink", () => {
    const { counts, pack } = packer();
    const pauses: number[] = [];
    for (let tries = 1; tries <= 10; tries++) {
      const before = counts.untried;
      while (counts.incompressible < tries) pack(noise);
      pauses.push(counts.untried - before);
    }
    expect(pauses).toEqual([0, 8, 16, 32, 64, 128, 256, 512, 1024, 1024]);
    expect(counts.bodies).toBe(0);
  });

  it("passes a body by that would shrink, while it has given up; small ones do not count", () => {
    const { counts, pack } = packer();
    pack(noise);
    for (let index = 0; index < 100; index++) pack(small);
    for (let index = 0; index < 8; index++) expect(pack(text)).toBeUndefined();
    expect(pack(text)).toBeDefined();
    expect(counts).toMatchObject({ untried: 8, incompressible: 1, bodies: 1 });
  });

  it("starts with the shortest pause again after one that shrank", () => {
    const { counts, pack } = packer();
    while (counts.incompressible < 5) pack(noise);
    while (counts.bodies < 1) pack(text);
    pack(noise);
    const before = counts.untried;
    while (counts.bodies < 2) pack(text);
    expect(counts.untried - before).toBe(8);
  });
});
