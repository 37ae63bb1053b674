import { expect, test } from "vitest";
import { rendezvous, sinkBlockSeqs, sinkKeyOf } from "./rendezvous.ts";

const keys = Array.from({ length: 3_000 }, (_, block) =>
  sinkKeyOf("00000000000000a1", block * sinkBlockSeqs),
);
const names = ["tcp://10.0.0.5:5558", "tcp://10.0.0.6:5558", "tcp://10.0.0.7:5558"];

test("each name gets its share of the keys, whatever order they are named in", () => {
  const shares = new Map(names.map((name) => [name, 0]));
  for (const key of keys) {
    const chosen = rendezvous(key, names) ?? "";
    expect(rendezvous(key, [...names].reverse())).toBe(chosen);
    shares.set(chosen, (shares.get(chosen) ?? 0) + 1);
  }
  for (const share of shares.values()) expect(share).toBeGreaterThan(800);
});

test("when a name goes, only its own keys go elsewhere", () => {
  const [gone = "", ...others] = names;
  for (const key of keys) {
    const before = rendezvous(key, names);
    if (before !== gone) expect(rendezvous(key, others)).toBe(before);
  }
  expect(rendezvous("key", [])).toBeUndefined();
});

test("the seqs of a block share a key", () => {
  expect(sinkKeyOf("a", 1)).toBe(sinkKeyOf("a", sinkBlockSeqs - 1));
  expect(sinkKeyOf("a", sinkBlockSeqs)).not.toBe(sinkKeyOf("a", sinkBlockSeqs - 1));
});
