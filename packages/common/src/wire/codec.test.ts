import fc from "fast-check";
import { compressSync } from "lz4-napi";
import { describe, expect, it } from "vitest";
import { badMessageCases } from "./bad-message-cases.test-support.ts";
import { packBody } from "./body.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { wireLimits } from "./limits.ts";
import { messageCases } from "./message-cases.test-support.ts";
import type { Message, Results, Tasks } from "./messages.ts";
import { encodeValue, encodeValues } from "./values.ts";

const results = messageCases.RESULTS as Results;
const tasks = messageCases["TASKS for a sink"] as Tasks;

/** Several neighbouring frames of good and bad messages, to be spoiled at random; those with attachments have a test of their own. */
const framesOfAll = [
  ...Object.values(messageCases).map((message) => encodeMessage(message)),
  ...Object.values(badMessageCases).map(([, frames]) => frames),
].filter((frames) => frames.every(({ length }) => length < wireLimits.attachmentBytesMin));

/** A byte that LZ4 cannot guess. */
function scramble(index: number): number {
  let bits = Math.imul(index + 1, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  return (bits ^ (bits >>> 13)) >>> 24;
}

describe("decodeMessage", () => {
  it("gives a message or a reason for any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 3 }), (frames) => {
        expect(decodeMessage(frames)).toHaveProperty("ok");
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it("gives a message or a reason for any change of a message, and what it accepts can be encoded", () => {
    const change = fc.record({
      of: fc.constantFrom(...framesOfAll),
      frame: fc.nat(1),
      edits: fc.array(fc.record({ at: fc.nat(400), byte: fc.integer({ min: 0, max: 255 }) }), {
        minLength: 1,
        maxLength: 4,
      }),
      cut: fc.option(fc.nat(400)),
    });
    fc.assert(
      fc.property(change, ({ of, frame, edits, cut }) => {
        const frames = of.map((bytes) => Buffer.from(bytes));
        const target = frames[frame] ?? frames[0];
        if (target === undefined) return;
        for (const { at, byte } of edits) if (at < target.length) target[at] = byte;
        if (cut !== null) frames[frame] = target.subarray(0, cut);
        const decoded = decodeMessage(frames);
        if (decoded.ok) expect(decodeMessage(encodeMessage(decoded.message))).toEqual(decoded);
        else expect(decoded.reason.length).toBeLessThan(300);
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  it("refuses a header beyond the limit unread", () => {
    const header = Buffer.alloc(wireLimits.headerBytesMax + 1);
    expect(decodeMessage([header])).toMatchObject({ violation: "too-large" });
  });

  it("refuses a body beyond the limit", () => {
    const [header] = encodeMessage(results) as [Uint8Array];
    const body = Buffer.alloc(wireLimits.bodyBytesMax + 1);
    expect(decodeMessage([header, body])).toMatchObject({ violation: "too-large", verb: "RESULTS" });
  });

  it("holds the size that an LZ4 block names against the header before it believes it", () => {
    const block = Buffer.from(compressSync(Buffer.from(results.values.slab)));
    block.writeUInt32LE(0xffff_ffff, 0);
    const header = encodeValue(["RESULTS", { lz4: results.values.slab.length }]);
    expect(decodeMessage([header, block])).toMatchObject({ ok: false });
  });

  it("keeps the body as the slab, without a copy", () => {
    const frames = encodeMessage(tasks);
    const decoded = decodeMessage(frames);
    expect(decoded).toMatchObject({ ok: true });
    expect(frames[1]).toBe(tasks.values.slab);
    expect(decoded.ok && (decoded.message as Tasks).values.slab).toBe(frames[1]);
  });

  it("leaves absent what is absent", () => {
    const decoded = decodeMessage(encodeMessage({ ...tasks, sink: undefined, attempts: undefined }));
    expect(decoded.ok && Object.keys(decoded.message)).not.toContain("sink");
    expect(decoded.ok && Object.keys(decoded.message)).not.toContain("attempts");
  });
});

describe("encodeMessage", () => {
  it("packs a body where that saves an eighth, and only if asked", () => {
    const count = 100;
    const values = encodeValues(
      Array.from({ length: count }, (_, index) => ({ path: `/var/data/incoming/today/${index}` })),
    );
    const message: Message = {
      ...tasks,
      ids: { origins: ["0123456789abcdef"], runs: [0, 1, count] },
      values,
    };
    const [, plain] = encodeMessage(message);
    const packed = encodeMessage(message, { pack: packBody });
    expect(plain).toBe(values.slab);
    expect(packed[1]?.length).toBeLessThan((values.slab.length * 7) / 8);
    expect(decodeMessage(packed)).toEqual({ ok: true, message });
  });

  it("leaves a small or random body as it is", () => {
    const random = Buffer.from(Array.from({ length: 3000 }, (_, index) => scramble(index)));
    const one = { ...results, ids: { origins: ["0123456789abcdef"], runs: [0, 1, 1] }, durationsUs: [1] };
    for (const value of ["small".repeat(10), random]) {
      const {
        attempts: _attempts,
        traceparent: _traceparent,
        ...message
      } = { ...one, values: encodeValues([value]) };
      expect(encodeMessage(message, { pack: packBody })[1]).toBe(message.values.slab);
    }
  });

  it("rounds spans, and cuts what only people read", () => {
    const options = {
      expiresMs: { at: [0, 1], values: [0.4, -3] },
      notBeforeMs: { at: [2], values: [1e300] },
    };
    const read = decodeMessage(encodeMessage({ ...tasks, options }));
    expect(read.ok && (read.message as Tasks).options).toEqual({
      expiresMs: { at: [0, 1], values: [0, 0] },
      notBeforeMs: { at: [2], values: [wireLimits.spanMsMax] },
    });
    const reason = `${"x".repeat(wireLimits.textCharsMax - 1)}\u{1f642}`;
    const bye = decodeMessage(encodeMessage({ verb: "BYE", session: 1, received: 0, reason }));
    expect(bye).toMatchObject({ message: { reason: `${reason.slice(0, -2)}\ufffd` } });
  });

  it.each<[string, Message]>([
    ["no ids", { ...tasks, ids: { origins: [], runs: [] }, values: encodeValues([]) }],
    ["fewer values than ids", { ...tasks, values: encodeValues([1]) }],
    ["lengths that do not add up", { ...tasks, values: { ...tasks.values, lengths: [1, 1, 1] } }],
    [
      "more tasks than a message may have",
      { ...tasks, ids: { origins: ["0123456789abcdef"], runs: [0, 1, 4097] } },
    ],
    ["a number that is none", { ...tasks, epoch: 1.5 }],
    ["attempt 0 of a lease", { ...tasks, attempts: { at: [0], values: [0] } }],
    ["an origin that is none", { ...tasks, ids: { origins: ["0123456789ABCDEF"], runs: [0, 1, 3] } }],
  ])("throws for a message with %s: a bug of this side", (_what, message) => {
    expect(() => encodeMessage(message)).toThrowError(expect.objectContaining({ code: "TQ_ERR_INTERNAL" }));
    expect(encodeMessage(tasks)).toEqual(encodeMessage(tasks));
  });
});
