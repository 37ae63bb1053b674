/** Moves all instants of a change, or of what is replayed, from one clock to another. */
import type {
  BatchProgress,
  JournalChange,
  JournalContents,
} from "../../packages/ventilator/src/core/journal/journal-port.ts";

/** `byMs`: what the other clock shows more. */
export function shiftChange(change: JournalChange, byMs: number): JournalChange {
  return {
    ...change,
    accepted: change.accepted.map((batch) => ({ ...batch, acceptedAt: batch.acceptedAt + byMs })),
    progress: change.progress.map((progress) => shiftProgress(progress, byMs)),
    keys: change.keys.map((key) => ({ ...key, keptUntil: key.keptUntil + byMs })),
    deadLetters: change.deadLetters.map((letter) => ({
      ...letter,
      acceptedAt: letter.acceptedAt + byMs,
      endedAt: letter.endedAt + byMs,
    })),
    doubts: change.doubts.map((doubt) => ({ ...doubt, at: doubt.at + byMs })),
  };
}

export function shiftContents(contents: JournalContents, byMs: number): JournalContents {
  return {
    batches: contents.batches.map(({ batch, progress }) => ({
      batch: { ...batch, acceptedAt: batch.acceptedAt + byMs },
      progress: progress && shiftProgress(progress, byMs),
    })),
    origins: contents.origins,
    keys: contents.keys.map((key) => ({ ...key, keptUntil: key.keptUntil + byMs })),
    deadLetters: contents.deadLetters.map((letter) => ({
      ...letter,
      acceptedAt: letter.acceptedAt + byMs,
      endedAt: letter.endedAt + byMs,
    })),
    doubts: contents.doubts.map((doubt) => ({ ...doubt, at: doubt.at + byMs })),
  };
}

function shiftProgress(progress: BatchProgress, byMs: number): BatchProgress {
  return {
    ...progress,
    troubles: progress.troubles.map((trouble) => ({
      ...trouble,
      dueAt: trouble.dueAt === undefined ? undefined : trouble.dueAt + byMs,
      errors: trouble.errors.map((error) => ({ ...error, at: error.at + byMs })),
    })),
  };
}
