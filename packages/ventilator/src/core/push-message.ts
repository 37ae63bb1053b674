/**
 * Puts waiting tasks of one origin into a PUSH. A batch that fits leaves as it came, without a copy; small ones that follow each
 * other share a message.
 */
import { IdRunsBuilder, SparseBuilder } from "@tq/common/protocol";
import { gatherValues, type IdRuns, type Piece, type TaskOptionColumns, type Values } from "@tq/common/wire";
import { copyColumn } from "./handover.ts";
import type { PushBatch } from "./push-batch.ts";
import type { PushOrigin } from "./push-origin.ts";

export interface PushContent {
  readonly ids: IdRuns;
  readonly options: TaskOptionColumns;
  readonly values: Values;
}

/** Batches up to this size are worth a copy to save a message. */
const smallTasks = 64;
const smallBytes = 64 * 1024;

/** Takes the next tasks out, at most so many tasks and bytes; at least one. The origin has some that wait. */
export function takeContent(
  now: number,
  origin: PushOrigin,
  max: { tasks: number; bytes: number },
): PushContent {
  const ids = new IdRunsBuilder();
  const options = new Options();
  const pieces: Piece[] = [];
  let tasks = 0;
  let bytes = 0;
  for (let batch = origin.head; batch !== undefined && tasks < max.tasks; batch = origin.head) {
    if (tasks > 0 && (batch.count > smallTasks || bytes + batch.bytes > Math.min(max.bytes, smallBytes)))
      break;
    const piece = batch.next(max.tasks - tasks, max.bytes - bytes);
    const { from, to } = piece;
    pieces.push(piece);
    ids.addRun(origin.origin, batch.first + from, to - from);
    options.add(batch, { from, to, position: tasks }, now);
    tasks += to - from;
    bytes += batch.bytesOf(from, to);
    origin.sent(batch, to);
    // Only from one small batch to the next: a cut slab is not worth a copy.
    if (batch.count > smallTasks) break;
  }
  return { ids: ids.take(), options: options.take(), values: gatherValues(pieces) };
}

class Options {
  readonly #timeoutMs = new SparseBuilder<number>();
  readonly #expiresMs = new SparseBuilder<number>();
  readonly #traceparent = new SparseBuilder<string>();

  add(
    { options, acceptedAt }: PushBatch,
    part: { from: number; to: number; position: number },
    now: number,
  ): void {
    const { timeoutMs, expiresMs, traceparent } = options;
    const passedMs = Math.floor(now - acceptedAt);
    copyColumn(timeoutMs, part, (at, ms) => this.#timeoutMs.add(at, ms));
    copyColumn(expiresMs, part, (at, ms) => this.#expiresMs.add(at, Math.max(0, ms - passedMs)));
    copyColumn(traceparent, part, (at, text) => this.#traceparent.add(at, text));
  }

  take(): TaskOptionColumns {
    return {
      timeoutMs: this.#timeoutMs.take(),
      expiresMs: this.#expiresMs.take(),
      traceparent: this.#traceparent.take(),
    };
  }
}
