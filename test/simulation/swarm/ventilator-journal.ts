/**
 * One ventilator's journal on a disk: the model that every journal must agree with, fed by what has become durable, with
 * instants in wall time, as the one that ships keeps them.
 */
import { forEachId } from "@tq/common/protocol";
import type {
  BatchProgress,
  JournalChange,
  JournalContents,
  JournaledBatch,
} from "../../../packages/ventilator/src/core/journal/journal-port.ts";
import {
  applyChange,
  contentsOf,
  emptyJournal,
} from "../../../packages/ventilator/src/core/journal/journal-state.ts";
import type { WallClock } from "../../../packages/ventilator/src/journal/wall-clock.ts";
import { Disk } from "./disk.ts";
import type { RoleSurroundings } from "./role.ts";

type Convert = (at: number) => number;

export class VentilatorJournal {
  readonly disk: Disk<JournalChange>;
  readonly #state = emptyJournal();
  /** Every task that was ever made durable here. */
  readonly #accepted = new Set<string>();
  #lastEpoch = 0;

  constructor({ clock, streams, configuration }: RoleSurroundings) {
    this.disk = new Disk({
      clock,
      random: streams.disk,
      syncMsMax: configuration.syncMsMax,
      apply: (change) => this.#apply(change),
    });
  }

  has(id: string): boolean {
    return this.#accepted.has(id);
  }

  /** One more start of its ventilator: what it finds, and what it writes with. */
  open(clock: WallClock, wallNow: number): { epoch: number; contents: JournalContents } {
    this.#lastEpoch = Math.max(this.#lastEpoch + 1, Math.floor(wallNow));
    const contents = contentsOf(this.#state);
    return { epoch: this.#lastEpoch, contents: withInstants(contents, (at) => clock.fromWall(at)) };
  }

  write(clock: WallClock, number: number, change: JournalChange): void {
    const toWall: Convert = (at) => clock.toWall(at);
    this.disk.write(number, {
      ...change,
      accepted: change.accepted.map((batch) => batchWith(batch, toWall)),
      progress: change.progress.map((progress) => progressWith(progress, toWall)),
      ...recordsWith(change, toWall),
    });
  }

  #apply(change: JournalChange): void {
    applyChange(this.#state, change);
    for (const { submission } of change.accepted) {
      forEachId(submission.ids, (origin, seq) => this.#accepted.add(`${origin}-${seq}`));
    }
  }
}

const batchWith = (batch: JournaledBatch, convert: Convert): JournaledBatch => ({
  ...batch,
  acceptedAt: convert(batch.acceptedAt),
});

const progressWith = (progress: BatchProgress, convert: Convert): BatchProgress => ({
  ...progress,
  troubles: progress.troubles.map((trouble) => ({
    ...trouble,
    dueAt: trouble.dueAt === undefined ? undefined : convert(trouble.dueAt),
    errors: trouble.errors.map((error) => ({ ...error, at: convert(error.at) })),
  })),
});

const recordsWith = (
  records: Pick<JournalContents, "keys" | "deadLetters" | "doubts">,
  convert: Convert,
) => ({
  keys: records.keys.map((key) => ({ ...key, keptUntil: convert(key.keptUntil) })),
  deadLetters: records.deadLetters.map((letter) => ({
    ...letter,
    acceptedAt: convert(letter.acceptedAt),
    endedAt: convert(letter.endedAt),
  })),
  doubts: records.doubts.map((doubt) => ({ ...doubt, at: convert(doubt.at) })),
});

const withInstants = (contents: JournalContents, convert: Convert): JournalContents => ({
  ...contents,
  batches: contents.batches.map(({ batch, progress }) => ({
    batch: batchWith(batch, convert),
    progress: progress && progressWith(progress, convert),
  })),
  ...recordsWith(contents, convert),
});
