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
type OpenRun = TaskRunEvent & { run: [origin: string, first: number, count: number] };

/** What tasks of a batch went through. */
interface Step {
  readonly type: TaskEventType;
  readonly worker?: string;
  /** Number of the attempt; nothing where the task did not take part. */
  readonly attemptOf: (index: number) => number | undefined;
  /** Default: none. */
  readonly errorOf?: (index: number) => RemoteError | undefined;
}

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
    this.#addAll(batch, { from: 0, to: batch.count }, { type: "task.accepted", attemptOf: () => 0 });
  }

  leased({ name: worker }: WorkerPeer, batch: TaskBatch, range: Range): void {
    if (!this.#wanted.has("task.leased")) return;
    const attemptOf = (index: number): number => batch.attempt[index] ?? 0;
    this.#addAll(batch, range, { type: "task.leased", worker, attemptOf });
  }

  /** To be called while it is still known which of them were settled before, and what went wrong with them. */
  settled(batch: TaskBatch, range: Range, outcome: OutcomeStatus): void {
    if (!this.#wanted.has(`task.${outcome}`)) return;
    this.#addAll(batch, range, {
      type: `task.${outcome}`,
      attemptOf: (index) =>
        batch.state[index] === taskState.settled ? undefined : (batch.attempt[index] ?? 0),
      ...(hasError(outcome) && { errorOf: (index: number) => errorOf(batch, index, outcome) }),
    });
  }

  flush(): void {
    if (this.#runs.length === 0) return;
    const runs = this.#runs;
    this.#runs = [];
    this.#tell(runs);
  }

  /** Gathers neighbours with the same attempt; whoever has an error or a trace of its own stands alone. */
  #addAll({ origin, first, queue, options }: TaskBatch, range: Range, step: Step): void {
    const { type, worker, attemptOf, errorOf } = step;
    const fields = { type, task: queue.name, ...(worker !== undefined && { worker }) };
    const traceparents = new SparseReader(options.traceparent);
    let from = range.from;
    let attempt: number | undefined;
    const end = (to: number): void => {
      if (attempt !== undefined && to > from)
        this.#add({ ...fields, run: [origin, first + from, to - from], attempt });
      from = to;
    };
    for (let index = range.from; index < range.to; index++) {
      const own = attemptOf(index);
      const traceparent = traceparents.at(index);
      const error = own === undefined ? undefined : errorOf?.(index);
      const isAlone = own !== undefined && (traceparent !== undefined || error !== undefined);
      if (own === attempt && !isAlone) continue;
      end(index);
      attempt = isAlone ? undefined : own;
      if (!isAlone) continue;
      const traceId =
        traceparent === undefined ? {} : { traceId: traceIdOf(origin, first + index, traceparent) };
      const run: OpenRun["run"] = [origin, first + index, 1];
      this.#runs.push({ ...fields, run, attempt: own, ...traceId, ...(error !== undefined && { error }) });
      from = index + 1;
    }
    end(range.to);
  }

  /** Lengthens the last run if this is its continuation. */
  #add(next: OpenRun): void {
    const last = this.#runs.at(-1);
    const goesOn =
      last !== undefined &&
      last.type === next.type &&
      last.task === next.task &&
      last.attempt === next.attempt &&
      last.worker === next.worker &&
      last.traceId === undefined &&
      last.error === undefined &&
      last.run[0] === next.run[0] &&
      last.run[1] + last.run[2] === next.run[1] &&
      last.run[2] + next.run[2] <= runTasksMax;
    if (goesOn) last.run[2] += next.run[2];
    else this.#runs.push(next);
  }
}

/** A run that would be longer is told in parts: as long as a message of tasks may be. */
const runTasksMax = 4_096;

const hasError = (outcome: OutcomeStatus): boolean => outcome === "failed" || outcome === "dead";

/** Known here only if it was this ventilator that proposed the outcome. Without its stack, which the worker has logged. */
function errorOf(batch: TaskBatch, index: number, outcome: OutcomeStatus): RemoteError | undefined {
  const trouble = batch.trouble(index);
  const last = trouble?.errors.at(-1);
  if (trouble?.proposed !== outcome || last === undefined) return undefined;
  const { name, message, code } = last.error;
  return { name, message, ...(code === undefined ? {} : { code }) };
}
