/**
 * What happens to every task on its way, for those who want to hear of it; nothing at all while nobody does.
 *
 * Steps are gathered as runs of neighbouring tasks, and told in the order they were made: at the end of the turn, and
 * before anything else is reported.
 */
import { type OutcomeStatus, type RemoteError, traceIdOf } from "@tq/common";
import type { TaskEventType, TaskRunEvent } from "@tq/common/events";
import { SparseReader } from "@tq/common/protocol";
import { type TaskBatch, taskState } from "./task-batch.ts";
import type { WorkerPeer } from "./worker-peer.ts";

type Range = { readonly from: number; readonly to: number };
/** What a step has besides its tasks. */
type Step = { readonly type: TaskEventType; readonly attempt: number } & Partial<
  Pick<TaskRunEvent, "worker" | "error" | "traceId">
>;
type OpenRun = Step & {
  readonly task: string;
  run: [origin: string, first: number, count: number];
};

/** What a task of the batch went through; nothing where it did not. */
type StepOf = (index: number) => Step | undefined;

const nothing: ReadonlySet<TaskEventType> = new Set();

export class TaskEvents {
  readonly #tell: (runs: readonly TaskRunEvent[]) => void;
  #wanted = nothing;
  #runs: OpenRun[] = [];

  constructor(tell: (runs: readonly TaskRunEvent[]) => void) {
    this.#tell = tell;
  }

  /** Which steps are told from now on. */
  watch(types: ReadonlySet<TaskEventType>): void {
    this.#wanted = types;
  }

  accepted(batch: TaskBatch): void {
    if (!this.#wanted.has("task.accepted")) return;
    this.#addAll(batch, { from: 0, to: batch.count }, () => ({ type: "task.accepted", attempt: 0 }));
  }

  leased({ name: worker }: WorkerPeer, batch: TaskBatch, range: Range): void {
    if (!this.#wanted.has("task.leased")) return;
    this.#addAll(batch, range, (index) => ({
      type: "task.leased",
      attempt: batch.attempt[index] ?? 0,
      worker,
    }));
  }

  /** To be called while it is still known which of them were settled before, and what went wrong with them. */
  settled(batch: TaskBatch, range: Range, outcome: OutcomeStatus): void {
    if (!this.#wanted.has(`task.${outcome}`)) return;
    this.#addAll(batch, range, (index) => {
      if (batch.state[index] === taskState.settled) return undefined;
      const error = errorOf(batch, index, outcome);
      const attempt = batch.attempt[index] ?? 0;
      return { type: `task.${outcome}`, attempt, ...(error !== undefined && { error }) };
    });
  }

  flush(): void {
    if (this.#runs.length === 0) return;
    const runs = this.#runs;
    this.#runs = [];
    this.#tell(runs);
  }

  #addAll({ origin, first, queue, options }: TaskBatch, range: Range, stepOf: StepOf): void {
    const traceparents = new SparseReader(options.traceparent);
    for (let index = range.from; index < range.to; index++) {
      const step = stepOf(index);
      if (step === undefined) continue;
      const seq = first + index;
      const traceparent = traceparents.at(index);
      if (traceparent === undefined) this.#add({ ...step, task: queue.name, run: [origin, seq, 1] });
      else {
        const traceId = traceIdOf(origin, seq, traceparent);
        this.#runs.push({ ...step, task: queue.name, run: [origin, seq, 1], traceId });
      }
    }
  }

  /** Lengthens the last run if the task is its next one, in every respect. */
  #add(one: OpenRun): void {
    const last = this.#runs.at(-1);
    const goesOn =
      last !== undefined &&
      last.type === one.type &&
      last.task === one.task &&
      last.attempt === one.attempt &&
      last.worker === one.worker &&
      last.traceId === undefined &&
      last.error === one.error &&
      last.run[0] === one.run[0] &&
      last.run[1] + last.run[2] === one.run[1] &&
      last.run[2] < runTasksMax;
    if (goesOn) last.run[2] += 1;
    else this.#runs.push(one);
  }
}

/** A run longer than this is told in parts. */
const runTasksMax = 4_096;

/** Known here only if it was this ventilator that proposed the outcome. Without its stack, which the worker has logged. */
function errorOf(batch: TaskBatch, index: number, outcome: OutcomeStatus): RemoteError | undefined {
  if (outcome !== "failed" && outcome !== "dead") return undefined;
  const trouble = batch.trouble(index);
  if (trouble?.proposed !== outcome || trouble.lastError === undefined) return undefined;
  const { name, message, code } = trouble.lastError;
  return { name, message, ...(code === undefined ? {} : { code }) };
}
