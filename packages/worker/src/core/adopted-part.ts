/**
 * What of a message to an earlier start of a ventilator can be said to the present one.
 *
 * A sink's commit is final whoever reports it, and to whom. A failure is the attempt's, and counts only where that attempt is a
 * lease again: it has failed between the HELLO that named it and the WELCOME that adopted it. Of any other the present start
 * knows nothing, or has handed the task out anew.
 */
import { forEachId, IdRunsBuilder, SparseBuilder, SparseReader } from "@tq/common/protocol";
import {
  type Failed,
  gatherValues,
  type IdRuns,
  type NumberedContent,
  type Origin,
  type Piece,
  prefixOffsets,
  type SparseColumn,
} from "@tq/common/wire";

/** A start of the ventilator, and what it adopted. */
export interface Adoption {
  readonly epoch: number;
  readonly adopted: IdRuns;
}

/** The messages as they are to be said to it; those of which nothing is left are left out. */
export const adoptedParts = (
  messages: readonly NumberedContent[],
  { epoch, adopted }: Adoption,
): NumberedContent[] => {
  const seqs = new Map<Origin, Set<number>>();
  forEachId(adopted, (origin, seq) => {
    const known = seqs.get(origin);
    if (known === undefined) seqs.set(origin, new Set([seq]));
    else known.add(seq);
  });
  const isAdopted = (origin: Origin, seq: number) => seqs.get(origin)?.has(seq) === true;
  return messages.flatMap((message): NumberedContent[] => {
    if (message.verb === "DONE") return [{ ...message, epoch }];
    if (message.verb !== "FAILED") return [];
    const part = failuresOf(message, isAdopted);
    return part === undefined ? [] : [{ ...part, epoch }];
  });
};

type FailedContent = Omit<Failed, "session" | "received" | "number">;

const failuresOf = (
  message: FailedContent,
  isAdopted: (origin: Origin, seq: number) => boolean,
): FailedContent | undefined => {
  const { values } = message;
  const offsets = prefixOffsets(values.lengths);
  const ids = new IdRunsBuilder();
  const pieces: Piece[] = [];
  const attempts = columnOf(message.attempts);
  const final = columnOf(message.final);
  const afterMs = columnOf(message.afterMs);
  forEachId(message.ids, (origin, seq, position) => {
    if (!isAdopted(origin, seq)) return;
    for (const column of [attempts, final, afterMs]) column.copy(position, ids.count);
    pieces.push({ values, offsets, from: position, to: position + 1 });
    ids.add(origin, seq);
  });
  if (ids.count === 0) return undefined;
  return {
    verb: "FAILED",
    epoch: message.epoch,
    ids: ids.take(),
    attempts: attempts.take(),
    final: final.take(),
    afterMs: afterMs.take(),
    values: gatherValues(pieces),
  };
};

/** Copies single entries of a sparse column to new positions; both sorts of positions must not fall. */
const columnOf = <V>(column: SparseColumn<V> | undefined) => {
  const reader = new SparseReader(column);
  const builder = new SparseBuilder<V>();
  return {
    copy: (from: number, to: number): void => {
      const value = reader.at(from);
      if (value !== undefined) builder.add(to, value);
    },
    take: () => builder.take(),
  };
};
