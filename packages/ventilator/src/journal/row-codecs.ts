/** Each kind of record as a row of its table, and back. What a row says that no record can be is thrown, in one sentence. */
import type { OutcomeStatus } from "@tq/common";
import { decodeMessage, decodeValue, encodeMessage, encodeValue } from "@tq/common/wire";
import type {
  BatchProgress,
  JournaledBatch,
  JournaledDeadLetter,
  JournaledDoubt,
  JournaledKey,
  JournaledOrigin,
  JournaledTrouble,
} from "../core/journal/journal-port.ts";
import { joinFrames, splitFrames } from "./frames-blob.ts";
import type { Row } from "./table.ts";
import type { WallClock } from "./wall-clock.ts";

export interface RowCodec<Item> {
  toRow(item: Item, clock: WallClock): Row;
  /** Throws an `Error` whose message says what is wrong. */
  fromRow(row: Row, clock: WallClock): Item;
}

/** Errors of many tasks may come to more than one payload may. SQLite takes a thousand million. */
const recordBytesMax = 512 * 1024 * 1024;

/** What the codec wants to know of a session means nothing here. */
const noSession = { session: 1, received: 0, number: 1 } as const;

/** Memory that can be given to a thread: what the core still uses, or Node pools, cannot. */
const copyOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

export const batchRows: RowCodec<JournaledBatch> = {
  toRow: ({ number, submission, acceptedAt }, clock) => {
    const { ids, definition } = submission;
    const [, first = 0, count = 0] = ids.runs;
    const message = joinFrames(encodeMessage({ verb: "SUBMIT", ...noSession, ...submission }));
    return [number, clock.toWall(acceptedAt), ids.origins[0] ?? "", first, count, definition.name, message];
  },
  fromRow: (row, clock) => {
    const [number, acceptedAt, , , , , message] = row as readonly [number, number, 0, 0, 0, 0, Uint8Array];
    const frames = splitFrames(message);
    if (frames === undefined) throw new Error("its frames do not fit together");
    const decoded = decodeMessage(frames);
    if (!decoded.ok) throw new Error(`its message cannot be decoded: ${decoded.reason}`);
    if (decoded.message.verb !== "SUBMIT") throw new Error(`its message is a ${decoded.message.verb}`);
    const { definition, reply, sink, handedOn, ids, options, values } = decoded.message;
    return {
      number,
      acceptedAt: clock.fromWall(acceptedAt),
      submission: {
        definition,
        reply,
        ids,
        options,
        values,
        ...(sink !== undefined && { sink }),
        ...(handedOn !== undefined && { handedOn }),
      },
    };
  },
};

/** Progress without troubles. */
export type Standing = Pick<BatchProgress, "number" | "sink" | "settled">;

export const progressRows: RowCodec<Standing> = {
  toRow: ({ number, sink, settled }) => [number, copyOf(encodeValue({ sink, settled }))],
  fromRow: (row) => {
    const [number, record] = row as readonly [number, Uint8Array];
    const { sink, settled } = decodeValue(record) as Omit<Standing, "number">;
    return { number, sink, settled };
  },
};

/** What is kept of one part of a batch. */
export interface TroublesOfPart {
  /** Of the batch. */
  readonly number: number;
  readonly part: number;
  readonly troubles: readonly JournaledTrouble[];
}

export const troubleRows: RowCodec<TroublesOfPart> = {
  toRow: ({ number, part, troubles }, clock) => {
    const stored = troubles.map((trouble) => withTimes(trouble, (at) => clock.toWall(at)));
    return [number, part, copyOf(encodeValue(stored, { payloadBytesMax: recordBytesMax }))];
  },
  fromRow: (row, clock) => {
    const [number, part, record] = row as readonly [number, number, Uint8Array];
    const stored = decodeValue(record) as readonly JournaledTrouble[];
    return {
      number,
      part,
      troubles: stored.map((trouble) => withTimes(trouble, (at) => clock.fromWall(at))),
    };
  },
};

function withTimes(trouble: JournaledTrouble, convert: (at: number) => number): JournaledTrouble {
  const { dueAt, errors } = trouble;
  return {
    ...trouble,
    dueAt: dueAt === undefined ? undefined : convert(dueAt),
    errors: errors.map((error) => ({ ...error, at: convert(error.at) })),
  };
}

export const originRows: RowCodec<JournaledOrigin> = {
  toRow: ({ origin, owner, isHandedOn, isLeft, settled }) => [
    origin,
    owner.bootId ?? null,
    owner.name,
    isHandedOn ? 1 : 0,
    isLeft ? 1 : 0,
    JSON.stringify(settled),
  ],
  fromRow: (row) => {
    const [origin, bootId, name, handedOn, left, settled] = row as readonly [
      string,
      string | null,
      string,
      0 | 1,
      0 | 1,
      string,
    ];
    return {
      origin,
      owner: { bootId: bootId ?? undefined, name },
      isHandedOn: handedOn === 1,
      isLeft: left === 1,
      settled: JSON.parse(settled) as readonly number[],
    };
  },
};

export const keyRows: RowCodec<JournaledKey> = {
  toRow: ({ task, key, origin, seq, hash, traceparent, keptUntil }, clock) => [
    task,
    key,
    origin,
    seq,
    hash,
    traceparent ?? null,
    clock.toWall(keptUntil),
  ],
  fromRow: (row, clock) => {
    const [task, key, origin, seq, hash, traceparent, keptUntil] = row as readonly [
      string,
      string,
      string,
      number,
      string,
      string | null,
      number,
    ];
    const kept = { traceparent: traceparent ?? undefined, keptUntil: clock.fromWall(keptUntil) };
    return { task, key, origin, seq, hash, ...kept };
  },
};

export const deadLetterRows: RowCodec<JournaledDeadLetter> = {
  toRow: ({ id, task, outcome, acceptedAt, endedAt, record }, clock) => [
    id,
    task,
    outcome,
    clock.toWall(acceptedAt),
    clock.toWall(endedAt),
    copyOf(record),
  ],
  fromRow: (row, clock) => {
    const [id, task, outcome, acceptedAt, endedAt, record] = row as readonly [
      string,
      string,
      Extract<OutcomeStatus, "failed" | "dead">,
      number,
      number,
      Uint8Array,
    ];
    return {
      id,
      task,
      outcome,
      acceptedAt: clock.fromWall(acceptedAt),
      endedAt: clock.fromWall(endedAt),
      record,
    };
  },
};

export const doubtRows: RowCodec<JournaledDoubt> = {
  toRow: ({ number, origin, first, count, sink, at }, clock) => [
    number,
    origin,
    first,
    count,
    sink ?? null,
    clock.toWall(at),
  ],
  fromRow: (row, clock) => {
    const [number, origin, first, count, sink, at] = row as readonly [
      number,
      string,
      number,
      number,
      string | null,
      number,
    ];
    return { number, origin, first, count, sink: sink ?? undefined, at: clock.fromWall(at) };
  },
};
