/**
 * What the next change will hold.
 *
 * Names what has changed and looks at how it stands when the change is made: so whatever changes twice is written once, and
 * a change that was refused is merged into the next one by its names alone.
 */
import type { Origin } from "@tq/common/wire";
import type { TaskBatch } from "../task-batch.ts";
import type {
  BatchProgress,
  JournalChange,
  JournaledBatch,
  JournaledDeadLetter,
  JournaledDoubt,
  JournaledKey,
  JournaledOrigin,
} from "./journal-port.ts";
import { noChange } from "./journal-state.ts";
import { progressOf } from "./progress-of.ts";

/** Names a record that is to be removed. */
export type Forgotten<R> = { readonly forgotten: R };
type KeyName = Pick<JournaledKey, "task" | "key">;

export class GatheredChange {
  readonly accepted: JournaledBatch[] = [];
  readonly batches = new Set<TaskBatch>();
  readonly origins = new Set<Origin>();
  readonly #keys = new Map<string, JournaledKey | Forgotten<KeyName>>();
  readonly #deadLetters = new Map<string, JournaledDeadLetter | undefined>();
  readonly #doubts = new Map<number, JournaledDoubt | undefined>();
  /** The parts of batches whose troubles were rendered. */
  readonly #parts = new Map<TaskBatch, readonly number[]>();

  get isEmpty(): boolean {
    const { accepted, batches, origins } = this;
    const records = this.#keys.size + this.#deadLetters.size + this.#doubts.size;
    return accepted.length + batches.size + origins.size + records === 0;
  }

  key(name: KeyName, change: JournaledKey | Forgotten<KeyName>): void {
    this.#keys.set(`${name.task} ${name.key}`, change);
  }

  deadLetter(id: string, letter: JournaledDeadLetter | undefined): void {
    this.#deadLetters.set(id, letter);
  }

  doubt(number: number, doubt: JournaledDoubt | undefined): void {
    this.#doubts.set(number, doubt);
  }

  /** `originOf`: how an origin stands; nothing if it is closed. */
  render(originOf: (origin: Origin) => JournaledOrigin | undefined): JournalChange {
    const batches = [...this.batches];
    const origins = [...this.origins].map((name) => ({ name, row: originOf(name) }));
    const keys = [...this.#keys.values()];
    const letters = [...this.#deadLetters];
    const doubts = [...this.#doubts];
    return {
      ...noChange,
      accepted: this.accepted,
      progress: batches.filter(({ unsettled }) => unsettled > 0).map((batch) => this.#progressOf(batch)),
      removed: batches.filter(({ unsettled }) => unsettled === 0).map((batch) => batch.journalNumber),
      origins: origins.flatMap(({ row }) => row ?? []),
      closedOrigins: origins.flatMap(({ name, row }) => (row === undefined ? [name] : [])),
      keys: keys.filter((key) => "hash" in key),
      forgottenKeys: keys.flatMap((key) => ("forgotten" in key ? [key.forgotten] : [])),
      deadLetters: letters.flatMap(([, letter]) => letter ?? []),
      removedDeadLetters: letters.flatMap(([id, letter]) => (letter === undefined ? [id] : [])),
      doubts: doubts.flatMap(([, doubt]) => doubt ?? []),
      removedDoubts: doubts.flatMap(([number, doubt]) => (doubt === undefined ? [number] : [])),
    };
  }

  #progressOf(batch: TaskBatch): BatchProgress {
    const parts = [...batch.changedParts].sort((a, b) => a - b);
    batch.changedParts.clear();
    this.#parts.set(batch, parts);
    return progressOf(batch, parts);
  }

  /** Takes in what was refused before this was gathered, but for the batches that are accepted. */
  addOlder(older: GatheredChange): void {
    for (const batch of older.batches) this.batches.add(batch);
    for (const [batch, parts] of older.#parts) for (const part of parts) batch.changedParts.add(part);
    for (const origin of older.origins) this.origins.add(origin);
    addMissing(this.#keys, older.#keys);
    addMissing(this.#deadLetters, older.#deadLetters);
    addMissing(this.#doubts, older.#doubts);
  }
}

function addMissing<K, V>(to: Map<K, V>, from: ReadonlyMap<K, V>): void {
  for (const [key, value] of from) if (!to.has(key)) to.set(key, value);
}
