import { describe, expect, it } from "vitest";
import { decodeMessage, encodeValues, type Message, noCompression, wireLimits } from "../wire/index.ts";
import { type Compression, Outgoing } from "./outgoing.ts";

const text = "what can be packed, ".repeat(300);
const image = Buffer.alloc(wireLimits.attachmentBytesMin, 7);

const submission = (value: unknown): Message => ({
  verb: "PROGRESS",
  session: 1,
  received: 0,
  ids: { origins: ["00000000000000a1"], runs: [0, 1, 1] },
  values: encodeValues([value]),
});

describe("what leaves a channel", () => {
  const local = [
    "tcp://127.0.0.1:5557",
    "tcp://[::1]:*",
    "tcp://localhost:1",
    "ipc:///run/tq",
    "inproc://a",
    "memory:a",
  ];
  const far = ["tcp://10.0.0.5:5557", "tcp://*:5557", "tcp://tq.example:5557", "tcp://[::]:*"];

  const isPacked = (endpoint: string, compression: Compression): boolean => {
    const counts = noCompression();
    const frames = new Outgoing({ endpoint, compression, counts }).frames(submission(text));
    const decoded = decodeMessage(frames);
    expect(decoded).toEqual({ ok: true, message: submission(text) });
    return counts.bodies === 1 && (frames[1]?.length ?? 0) < text.length / 2;
  };

  it.each([
    ["auto", [false, true]],
    ["always", [true, true]],
    ["off", [false, false]],
  ] as const)("with %s is packed on this machine, and beyond it: %s", (compression, [here, there]) => {
    expect(local.map((endpoint) => isPacked(endpoint, compression))).toEqual(local.map(() => here));
    expect(far.map((endpoint) => isPacked(endpoint, compression))).toEqual(far.map(() => there));
  });

  it("shares no attachment with the receiver where no network is in between", () => {
    const attachmentOf = (endpoint: string) =>
      new Outgoing({ endpoint, compression: "auto", counts: noCompression() }).frames(submission(image))[2];
    for (const endpoint of ["memory:a", "inproc://a"]) {
      expect(attachmentOf(endpoint)).toEqual(new Uint8Array(image));
      expect(attachmentOf(endpoint)?.buffer).not.toBe(image.buffer);
    }
    for (const endpoint of ["tcp://127.0.0.1:1", "ipc:///run/tq"]) {
      expect(attachmentOf(endpoint)?.buffer).toBe(image.buffer);
    }
  });
});
