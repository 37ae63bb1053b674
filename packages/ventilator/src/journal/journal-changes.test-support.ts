/** Changes of any kind, as a core could make them: of what is there, or new. Instants are whole milliseconds. */

import { defaultPolicy } from "@tq/common";
import { encodeValues } from "@tq/common/wire";
import fc from "fast-check";
import {
  type BatchProgress,
  type JournalChange,
  type JournaledBatch,
  type JournaledDeadLetter,
  type JournaledDoubt,
  type JournaledKey,
  type JournaledOrigin,
  type JournaledTrouble,
  partOf,
  tasksPerPart,
} from "../core/journal/journal-port.ts";
import { noChange } from "../core/journal/journal-state.ts";

const hexId = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((id) => id.toString(16).padStart(16, "0"));
/** Few, so that later records replace earlier ones. */
const origin: fc.Arbitrary<string> = fc.constantFrom(
  "00000000000000aa",
  "00000000000000bb",
  "ffffffffffffffff",
);
const instant = fc.integer({ min: -1_000_000, max: 1_000_000 });
const ranges = fc
  .uniqueArray(fc.integer({ min: 1, max: 1000 }), { maxLength: 6 })
  .map((seqs) => seqs.sort((a, b) => a - b).slice(0, seqs.length & ~1));
const name = fc.constantFrom("text.count", "math.square");

/** The last one is beyond the size of attachments. */
const input = fc.constantFrom<unknown>(null, -1, "text", { n: 1n }, [new Date(0)], Buffer.alloc(40_000, 7));

export const batch = (number: number): fc.Arbitrary<JournaledBatch> =>
  fc
    .record({
      acceptedAt: instant,
      origin,
      first: fc.integer({ min: 1, max: 1_000_000 }),
      inputs: fc.array(input, { minLength: 1, maxLength: 5 }),
      task: name,
      contract: fc.constantFrom("1", "v2", undefined),
      sink: fc.option(hexId, { nil: undefined }),
      isHandedOn: fc.boolean(),
      priority: fc.option(fc.integer({ min: -100, max: 100 }), { nil: undefined }),
    })
    .map(({ acceptedAt, origin, first, inputs, task, contract, sink, isHandedOn, priority }) => ({
      number,
      acceptedAt,
      submission: {
        definition: { name: task, ...(contract !== undefined && { contract }), policy: defaultPolicy },
        reply: "sink" as const,
        ...(sink !== undefined && { sink }),
        ...(isHandedOn && { handedOn: true }),
        ids: { origins: [origin], runs: [0, first, inputs.length] },
        options: priority === undefined ? {} : { priority: { at: [0], values: [priority] } },
        values: encodeValues(inputs),
      },
    }));

const trouble: fc.Arbitrary<JournaledTrouble> = fc.record({
  /** Over three parts. */
  index: fc.nat(3 * tasksPerPart - 1),
  attempt: fc.nat(10),
  failures: fc.nat(3),
  crashes: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
  suspicion: fc.constantFrom("none", "suspect", "guilty-or-unlucky"),
  dueAt: fc.option(instant, { nil: undefined }),
  isExpired: fc.boolean(),
  proposed: fc.constantFrom("failed", "dead", "cancelled", "expired", undefined),
  errors: fc.array(
    fc.record({
      attempt: fc.nat(10),
      worker: fc.string(),
      at: instant,
      error: fc.record({ name: fc.string(), message: fc.string() }),
    }),
    { maxLength: 2 },
  ),
});

const progress = (number: number): fc.Arbitrary<BatchProgress> =>
  fc
    .record({
      number: fc.constant(number),
      sink: fc.option(hexId, { nil: undefined }),
      settled: ranges,
      parts: fc.subarray([0, 1, 2]),
      troubles: fc
        .uniqueArray(trouble, { maxLength: 5, selector: ({ index }) => index })
        .map((troubles) => troubles.sort((a, b) => a.index - b.index)),
    })
    .map(({ troubles, ...progress }) => ({
      ...progress,
      troubles: troubles.filter(({ index }) => progress.parts.includes(partOf(index))),
    }));

const journaledOrigin: fc.Arbitrary<JournaledOrigin> = fc.record({
  origin,
  owner: fc.record({ bootId: fc.option(hexId, { nil: undefined }), name: fc.string() }),
  isHandedOn: fc.boolean(),
  isLeft: fc.boolean(),
  settled: ranges,
});

const key: fc.Arbitrary<JournaledKey> = fc.record({
  task: name,
  key: fc.constantFrom("a", "b", "a b"),
  origin,
  seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  hash: hexId,
  traceparent: fc.option(fc.string(), { nil: undefined }),
  keptUntil: instant,
});

const letterId: fc.Arbitrary<string> = fc.constantFrom("00000000000000aa-1", "00000000000000aa-2");

const deadLetter: fc.Arbitrary<JournaledDeadLetter> = fc.record({
  id: letterId,
  task: name,
  outcome: fc.constantFrom("failed", "dead"),
  acceptedAt: instant,
  endedAt: instant,
  record: fc.uint8Array({ maxLength: 100 }),
});

const doubt = (number: number): fc.Arbitrary<JournaledDoubt> =>
  fc.record({
    number: fc.constant(number),
    origin,
    first: fc.integer({ min: 1, max: 1000 }),
    count: fc.integer({ min: 1, max: 1000 }),
    sink: fc.option(hexId, { nil: undefined }),
    at: instant,
  });

/** Change after change; none names a thing twice. Batches have the numbers 1, 2, … in the order of the changes. */
export const changes: fc.Arbitrary<readonly JournalChange[]> = fc
  .array(fc.nat(3), { minLength: 1, maxLength: 8 })
  .chain((counts) => {
    let last = 0;
    return fc.tuple(
      ...counts.map((count) => {
        const numbers = Array.from({ length: count }, () => ++last);
        return change(numbers, last);
      }),
    );
  });

function change(accepted: readonly number[], last: number): fc.Arbitrary<JournalChange> {
  const some = fc.subarray(Array.from({ length: last }, (_, index) => index + 1));
  return fc
    .record({
      accepted: fc.tuple(...accepted.map(batch)),
      touched: some.chain((numbers) => fc.tuple(...numbers.map(progress))),
      removed: some,
      origins: fc.uniqueArray(journaledOrigin, { selector: ({ origin }) => origin }),
      closed: fc.uniqueArray(origin),
      keys: fc.uniqueArray(key, { selector: ({ task, key }) => `${task} ${key}` }),
      forgotten: fc.uniqueArray(key, { selector: ({ task, key }) => `${task} ${key}` }),
      deadLetters: fc.uniqueArray(deadLetter, { selector: ({ id }) => id }),
      removedDeadLetters: fc.uniqueArray(letterId),
      doubts: fc.subarray([1, 2, 3]).chain((numbers) => fc.tuple(...numbers.map(doubt))),
      removedDoubts: fc.subarray([1, 2, 3]),
    })
    .map(({ accepted, touched, removed, closed, keys, forgotten, doubts, ...rest }) => ({
      ...noChange,
      accepted,
      // A batch of this very change is not removed by it, and one that is removed has no progress.
      removed: removed.filter((number) => !accepted.some((batch) => batch.number === number)),
      progress: touched.filter(({ number }) => !removed.includes(number)),
      origins: rest.origins.filter(({ origin }) => !closed.includes(origin)),
      closedOrigins: closed,
      keys: keys.filter((one) => !forgotten.some(({ task, key }) => task === one.task && key === one.key)),
      forgottenKeys: forgotten.map(({ task, key }) => ({ task, key })),
      deadLetters: rest.deadLetters.filter(({ id }) => !rest.removedDeadLetters.includes(id)),
      removedDeadLetters: rest.removedDeadLetters,
      doubts: doubts.filter(({ number }) => !rest.removedDoubts.includes(number)),
      removedDoubts: rest.removedDoubts,
    }));
}
