/**
 * What a journal comes to, change by change: the model that every journal must agree with, whatever it keeps its records in.
 */
import {
  type BatchProgress,
  type JournalChange,
  type JournalContents,
  type JournaledBatch,
  type JournaledDeadLetter,
  type JournaledDoubt,
  type JournaledKey,
  type JournaledOrigin,
  type JournaledTrouble,
  partOf,
} from "./journal-port.ts";

export interface JournalState {
  readonly batches: Map<number, JournaledBatch>;
  readonly progress: Map<number, BatchProgress>;
  readonly origins: Map<string, JournaledOrigin>;
  /** By task and key. */
  readonly keys: Map<string, JournaledKey>;
  readonly deadLetters: Map<string, JournaledDeadLetter>;
  readonly doubts: Map<number, JournaledDoubt>;
}

export const emptyJournal = (): JournalState => ({
  batches: new Map(),
  progress: new Map(),
  origins: new Map(),
  keys: new Map(),
  deadLetters: new Map(),
  doubts: new Map(),
});

export const noChange: JournalChange = {
  accepted: [],
  progress: [],
  removed: [],
  origins: [],
  closedOrigins: [],
  keys: [],
  forgottenKeys: [],
  deadLetters: [],
  removedDeadLetters: [],
  doubts: [],
  removedDoubts: [],
};

/** Changes the state in place. */
export function applyChange(state: JournalState, change: JournalChange): void {
  for (const batch of change.accepted) state.batches.set(batch.number, batch);
  for (const progress of change.progress) {
    state.progress.set(progress.number, merged(state.progress.get(progress.number), progress));
  }
  for (const number of change.removed) {
    state.batches.delete(number);
    state.progress.delete(number);
  }
  for (const origin of change.origins) state.origins.set(origin.origin, origin);
  for (const origin of change.closedOrigins) state.origins.delete(origin);
  for (const key of change.keys) state.keys.set(nameOfKey(key), key);
  for (const key of change.forgottenKeys) state.keys.delete(nameOfKey(key));
  for (const letter of change.deadLetters) state.deadLetters.set(letter.id, letter);
  for (const id of change.removedDeadLetters) state.deadLetters.delete(id);
  for (const doubt of change.doubts) state.doubts.set(doubt.number, doubt);
  for (const number of change.removedDoubts) state.doubts.delete(number);
}

/** What was written of parts that the later one does not name stands. */
function merged(earlier: BatchProgress | undefined, later: BatchProgress): BatchProgress {
  const kept = earlier?.troubles.filter(({ index }) => !later.parts.includes(partOf(index))) ?? [];
  const troubles = [...kept, ...later.troubles].sort((a, b) => a.index - b.index);
  return { ...later, parts: partsWith(troubles), troubles };
}

const partsWith = (troubles: readonly JournaledTrouble[]): readonly number[] => [
  ...new Set(troubles.map(({ index }) => partOf(index))),
];

/** What is replayed from it. */
export function contentsOf(state: JournalState): JournalContents {
  const batches = [...state.batches.values()].sort((a, b) => a.number - b.number);
  return {
    batches: batches.map((batch) => ({ batch, progress: state.progress.get(batch.number) })),
    origins: [...state.origins.values()],
    keys: [...state.keys.values()],
    deadLetters: [...state.deadLetters.values()],
    doubts: [...state.doubts.values()],
  };
}

/** No name of a task has a space. */
const nameOfKey = ({ task, key }: Pick<JournaledKey, "task" | "key">): string => `${task} ${key}`;
