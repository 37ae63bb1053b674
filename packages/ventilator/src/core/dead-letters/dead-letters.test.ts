import { encodeValues } from "@tq/common/wire";
import { expect, test } from "vitest";
import type { VentilatorEvent } from "../events.ts";
import type { JournaledDeadLetter } from "../journal/journal-port.ts";
import { type DeadLetter, idOfLetter } from "./dead-letter.ts";
import { letterFrom, recordOf } from "./dead-letter-record.ts";
import { DeadLetters, type LetterFilter } from "./dead-letters.ts";

const letterOf = (seq: number, options: Partial<DeadLetter> = {}): DeadLetter => ({
  origin: "00000000000000a1",
  seq,
  task: "work",
  contract: undefined,
  policy: undefined,
  outcome: "failed",
  attempt: 3,
  failures: 3,
  crashes: 0,
  errors: [],
  options: {},
  values: encodeValues([seq]),
  owner: "local",
  acceptedAt: 10,
  endedAt: 100 + seq,
  ...options,
});

const kept = (limits: { deadLettersMax?: number; deadLetterBytesMax?: number } = {}) => {
  const events: VentilatorEvent[] = [];
  const journal = new Map<string, JournaledDeadLetter>();
  const letters = new DeadLetters({
    limits: { deadLettersMax: 10, deadLetterBytesMax: 1_000_000, ...limits },
    report: (event) => events.push(event),
    recorder: {
      keepDeadLetter: (letter) => journal.set(letter.id, letter),
      removeDeadLetter: (id) => journal.delete(id),
    },
  });
  const seqs = (filter: LetterFilter = {}, max = 100) =>
    letters.page(filter, max).letters.map(({ letter }) => letter.seq);
  return { letters, events, journal, seqs };
};

test("beyond the bound the oldest go, in the journal too, which is said at powers of two", () => {
  const { letters, events, journal, seqs } = kept({ deadLettersMax: 3 });
  for (let seq = 1; seq <= 8; seq++) letters.add(letterOf(seq));
  expect(seqs()).toEqual([6, 7, 8]);
  expect([...journal.keys()]).toEqual([6, 7, 8].map((seq) => `00000000000000a1-${seq}`));
  expect(letters.stats).toMatchObject({ kept: 3, dropped: 5 });
  expect(events).toEqual([1, 2, 4].map((dropped) => ({ type: "dead-letters.dropped", dropped, kept: 3 })));
});

test("bytes are bounded alike, apart from those of the latest one", () => {
  const { letters, seqs } = kept({ deadLetterBytesMax: 10_000 });
  const large = (seq: number, bytes: number) =>
    letters.add(letterOf(seq, { values: encodeValues(["x".repeat(bytes)]) }));
  large(1, 3_500);
  large(2, 3_500);
  expect(seqs()).toEqual([1, 2]);
  large(3, 3_500);
  expect(seqs()).toEqual([2, 3]);
  large(4, 50_000);
  expect(seqs()).toEqual([4]);
  expect(letters.remove("00000000000000a1-4")).toBe(true);
  expect(letters.stats).toMatchObject({ kept: 0, bytes: 0 });
});

test("pages go on where the last one ended, whatever was removed meanwhile, and no further than they began", () => {
  const { letters, seqs } = kept();
  for (let seq = 1; seq <= 6; seq++)
    letters.add(
      letterOf(seq, { task: seq % 2 === 0 ? "even" : "odd", outcome: seq > 4 ? "dead" : "failed" }),
    );
  const { letters: first, hasMore } = letters.page({}, 2);
  const after = first.at(-1)?.number;
  const upTo = letters.lastNumber;
  letters.remove(idOfLetter(letterOf(2)));
  letters.add(letterOf(7));
  expect([hasMore, seqs({ after, upTo }, 3)]).toEqual([true, [3, 4, 5]]);
  expect(letters.page({ after, upTo }, 4).hasMore).toBe(false);
  expect([seqs({ task: "even" }), seqs({ outcome: "dead" }), seqs({ task: "odd", outcome: "dead" })]).toEqual(
    [[4, 6], [5, 6], [5]],
  );
});

test("a journal's record gives the letter back, with its input as it came", () => {
  const binary = new Uint8Array(40_000).fill(7);
  const error = { name: "Error", message: "no", stack: "at a", cause: { name: "E", message: "why" } };
  const letter = letterOf(1, {
    contract: "v1",
    policy: {
      maxAttempts: 3,
      crashLimit: 3,
      timeoutMs: 1_000,
      backoff: { initialMs: 1, factor: 2, maxMs: 5, jitter: 0 },
    },
    outcome: "dead",
    errors: [{ attempt: 2, worker: "w", at: 40, error }],
    options: { priority: { at: [0], values: [5] }, key: { at: [0], values: ["k"] } },
    values: encodeValues([{ binary, big: 2n ** 63n, at: new Date(0) }]),
  });
  expect(letter.values.attachments?.frames).toHaveLength(1);
  expect(letterFrom(recordOf(letter))).toEqual(letter);
  // Monotonic time begins anew at a start: the journal moves both instants.
  const { acceptedAt, endedAt, ...record } = recordOf(letter);
  const moved = letterFrom({ ...record, acceptedAt: acceptedAt - 1_000, endedAt: endedAt - 1_000 });
  expect(moved.errors[0]?.at).toBe(-960);
});

test("what a journal kept is in the order of the ends, and more than there is room for is dropped there", () => {
  const before = kept();
  for (const seq of [3, 1, 2]) before.letters.add(letterOf(seq));
  const { letters, journal, seqs } = kept({ deadLettersMax: 2 });
  for (const [id, letter] of before.journal) journal.set(id, letter);
  letters.restore([...before.journal.values()]);
  expect(seqs()).toEqual([2, 3]);
  expect([...journal.keys()].toSorted()).toEqual(["00000000000000a1-2", "00000000000000a1-3"]);
});
