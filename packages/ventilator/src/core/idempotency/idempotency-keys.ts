/**
 * What becomes of a submission with idempotency keys: each task is new, known by its id, the same as one under another id, or
 * in conflict with one.
 *
 * Whoever submits the same again is told the first task's id, and not before that one is accepted: else he could hear of a task
 * that a full disk refuses in the end. The id that he gave is spent then, so that it leaves no gap in what sinks may forget.
 * What is promised is taken whatever its keys: its submitter was told, by another ventilator or an earlier start, that it is
 * accepted.
 */
import { formatTaskId } from "@tq/common";
import { idRun, SparseReader, sliceOptions } from "@tq/common/protocol";
import {
  AttachmentsReader,
  type Origin,
  prefixOffsets,
  sliceValues,
  type TaskOptionColumns,
  type Values,
} from "@tq/common/wire";
import type { Owner } from "../owner.ts";
import type { Submission } from "../submission.ts";
import type { TaskBatch } from "../task-batch.ts";
import type { TaskTable } from "../task-table.ts";
import type { KeyTable, TakenKey } from "./key-table.ts";
import { hashPayload } from "./payload-hash.ts";

export interface IdempotencyKeyParts {
  readonly keys: KeyTable;
  readonly table: Pick<TaskTable, "spend">;
  /** Absent without a journal. */
  readonly journal: { spend(owner: Owner, origin: Origin, seq: number): void } | undefined;
}

/** What is done with the tasks that are no duplicates. */
export interface Admitting {
  isKnown(origin: Origin, seq: number): boolean;
  admit(part: Submission): void;
}

interface Asker {
  readonly owner: Owner;
  readonly origin: Origin;
  readonly seq: number;
}

export class IdempotencyKeys {
  readonly #parts: IdempotencyKeyParts;
  /** Who is to be told of a task once it is accepted. */
  readonly #waiting = new Map<TakenKey, Asker[]>();
  /** Keys that the next task submitted under them may take. */
  readonly #handedOver = new Set<TakenKey>();

  constructor(parts: IdempotencyKeyParts) {
    this.#parts = parts;
  }

  /** A submission of one run of one origin. What is admitted is cut where a duplicate is, or where known tasks end. */
  submit(
    now: number,
    { owner, submission }: { readonly owner: Owner; readonly submission: Submission },
    { isKnown, admit }: Admitting,
  ): void {
    const [origin = ""] = submission.ids.origins;
    const [, first = 0, count = 0] = submission.ids.runs;
    const { options, definition, handedOn, promised } = submission;
    const isPromised = handedOn === true && promised === true;
    const keys = new SparseReader(options.key);
    const payloads = new Payloads(submission.values);
    const fresh = new Set<string>();
    let from = 0;
    let isRunKnown = false;
    const admitUpTo = (to: number): void => {
      if (to > from) admit(partOf(submission, from, to));
      from = to;
      fresh.clear();
    };
    for (let index = 0; index < count; index++) {
      const seq = first + index;
      const key = keys.at(index);
      // The same key twice in one message: the first one has it by then.
      if (key !== undefined && fresh.has(key)) admitUpTo(index);
      const taken =
        key === undefined || isPromised ? undefined : this.#parts.keys.find(now, definition.name, key);
      const isOther = taken !== undefined && (taken.origin !== origin || taken.seq !== seq);
      if (isOther && !this.#handedOver.delete(taken)) {
        admitUpTo(index);
        this.#answer({ owner, origin, seq }, taken, payloads.hashAt(index));
        from = index + 1;
        continue;
      }
      const isTaskKnown = isKnown(origin, seq);
      if (isTaskKnown !== isRunKnown) admitUpTo(index);
      isRunKnown = isTaskKnown;
      if (key !== undefined) fresh.add(key);
    }
    admitUpTo(count);
  }

  /** The batch is about to be accepted: its tasks have their keys from now on. */
  register(now: number, batch: TaskBatch): void {
    const { keys } = this.#parts;
    for (const taken of takenBy(batch)) {
      const other = batch.isHandedOn ? keys.find(now, taken.task, taken.key) : undefined;
      if (other === undefined) keys.take(taken);
    }
  }

  accepted(batch: TaskBatch): void {
    this.#forEachTaken(batch, (taken) => {
      taken.state = "live";
      taken.before = undefined;
      for (const asker of this.#takeWaiting(taken)) this.#tellDuplicate(asker, taken);
    });
  }

  /** It was not accepted after all: nor is what waited for it. */
  refused(batch: TaskBatch, { code, message }: { readonly code: string; readonly message: string }): void {
    this.#forEachTaken(batch, (taken) => {
      this.#parts.keys.giveBack(taken);
      for (const { owner, origin, seq } of this.#takeWaiting(taken))
        owner.rejected(idRun(origin, seq, 1), code, message);
    });
  }

  /** One task of a batch has its outcome. */
  ended(now: number, batch: TaskBatch, index: number): void {
    const key = new SparseReader(batch.options.key).at(index);
    const taken = key === undefined ? undefined : this.#takenAs(batch, key, index);
    if (taken !== undefined) this.#parts.keys.settle(now, taken);
  }

  /** What an earlier start has left: a batch with tasks that are not settled. */
  restore(batch: TaskBatch, isSettled: (index: number) => boolean): void {
    for (const taken of takenBy(batch)) {
      if (isSettled(taken.seq - batch.first)) continue;
      taken.state = "live";
      this.#parts.keys.take(taken);
    }
  }

  /**
   * Under these options a task that has ended is to be run again, under another id, which is submitted next: it keeps its key if
   * nobody else has it.
   */
  handOver(now: number, from: { task: string; origin: Origin; seq: number }, options: TaskOptionColumns) {
    const { key: keys, keyKeptMs: _, ...others } = options;
    const [key] = keys?.values ?? [];
    if (key === undefined) return options;
    const taken = this.#parts.keys.find(now, from.task, key);
    if (taken === undefined) return options;
    if (taken.origin !== from.origin || taken.seq !== from.seq) return others;
    this.#handedOver.add(taken);
    return options;
  }

  #answer(asker: Asker, taken: TakenKey, hash: string): void {
    const { owner, origin, seq } = asker;
    if (hash !== taken.hash) {
      const first = formatTaskId(taken.origin, taken.seq);
      const message = `another input was submitted for ${taken.task} under the key ${JSON.stringify(taken.key)}, as task ${first}`;
      return owner.rejected(idRun(origin, seq, 1), "TQ_ERR_IDEMPOTENCY_CONFLICT", message);
    }
    if (taken.state !== "pending") return this.#tellDuplicate(asker, taken);
    // The same task again, in another session: whoever has it now is told.
    const others = this.#waiting.get(taken)?.filter((other) => other.origin !== origin || other.seq !== seq);
    this.#waiting.set(taken, [...(others ?? []), asker]);
  }

  #tellDuplicate({ owner, origin, seq }: Asker, taken: TakenKey): void {
    this.#parts.table.spend(origin, seq);
    this.#parts.journal?.spend(owner, origin, seq);
    owner.origins.add(origin);
    owner.duplicate({ origin, seq }, taken);
  }

  #takeWaiting(taken: TakenKey): readonly Asker[] {
    const waiting = this.#waiting.get(taken) ?? [];
    this.#waiting.delete(taken);
    return waiting;
  }

  #forEachTaken(batch: TaskBatch, visit: (taken: TakenKey) => void): void {
    const { key } = batch.options;
    for (const [position, index] of key?.at.entries() ?? []) {
      const taken = this.#takenAs(batch, key?.values[position] ?? "", index);
      if (taken !== undefined) visit(taken);
    }
  }

  /** The key, if it is that task that has it. */
  #takenAs({ queue, origin, first }: TaskBatch, key: string, index: number): TakenKey | undefined {
    const taken = this.#parts.keys.holder(queue.name, key);
    return taken?.origin === origin && taken.seq === first + index ? taken : undefined;
  }
}

function* takenBy(batch: TaskBatch): IterableIterator<TakenKey> {
  const { queue, origin, first, options, values } = batch;
  const { key: keys } = options;
  if (keys === undefined) return;
  const keptMs = new SparseReader(options.keyKeptMs);
  const traceparents = new SparseReader(options.traceparent);
  const payloads = new Payloads(values);
  for (const [position, index] of keys.at.entries()) {
    yield {
      task: queue.name,
      key: keys.values[position] ?? "",
      origin,
      seq: first + index,
      hash: payloads.hashAt(index),
      traceparent: traceparents.at(index),
      keptMs: keptMs.at(index) ?? 0,
      state: "pending",
      until: Number.POSITIVE_INFINITY,
    };
  }
}

/** The payloads of a batch; asked for in ascending order. */
class Payloads {
  readonly #slab: Uint8Array;
  readonly #offsets: Uint32Array;
  readonly #attached: AttachmentsReader | undefined;

  constructor({ slab, lengths, attachments }: Values) {
    this.#slab = slab;
    this.#offsets = prefixOffsets(lengths);
    this.#attached = attachments && new AttachmentsReader(attachments);
  }

  hashAt(index: number): string {
    const from = this.#offsets[index] ?? 0;
    const to = this.#offsets[index + 1] ?? from;
    return hashPayload({ slab: this.#slab, from, to, attachments: this.#attached?.of(index) });
  }
}

function partOf(submission: Submission, from: number, to: number): Submission {
  const { ids, options, values } = submission;
  const [origin = ""] = ids.origins;
  const [, first = 0, count] = ids.runs;
  if (from === 0 && to === count) return submission;
  const offsets = prefixOffsets(values.lengths);
  return {
    ...submission,
    ids: idRun(origin, first + from, to - from),
    options: sliceOptions(options, { from, to }),
    values: sliceValues({ values, offsets, from, to }),
  };
}
