/**
 * Runs inputs and prints how each ended, as they end, one line each.
 */
import type { AnyTask, RemoteError } from "@tq/common";
import { TqError } from "@tq/common";
import type { SettledTask, TaskSubmitter } from "@tq/common/submit";
import type { LineOutput } from "../output/line-output.ts";
import { formatResultLine, type PrintedResult } from "../output/result-line.ts";
import type { NumberedInput } from "./input-lines.ts";
import { isAboutInput, type Refusals } from "./refusals.ts";
import type { SubmitProgress } from "./submit-progress.ts";

type Settled = SettledTask<unknown>;

export interface RunAll {
  readonly submitter: Pick<TaskSubmitter, "mapSettled">;
  readonly task: AnyTask;
  readonly inputs: AsyncIterable<NumberedInput> | Iterable<NumberedInput>;
  readonly refusals: Refusals;
  readonly progress: SubmitProgress;
  readonly output: LineOutput;
  /** Ends it: what is under way is cancelled. */
  readonly signal: AbortSignal;
}

/** Rejects with the first error that is about no single task. */
export async function runAll(all: RunAll): Promise<void> {
  const { submitter, task, inputs, refusals, progress, output, signal } = all;
  /** Where the inputs under way came from, by index. */
  const places = new Map<number, string | undefined>();
  async function* values(): AsyncGenerator<unknown, void, undefined> {
    for await (const { where, line, value } of inputs) {
      places.set(progress.begin(line), where);
      yield value;
    }
  }
  for await (const settled of submitter.mapSettled(task, values(), { signal })) {
    const where = places.get(settled.index);
    places.delete(settled.index);
    progress.end(settled.index);
    const refusal = refusalOf(settled);
    if (refusal !== undefined) {
      refusals.add(refusal, where);
      continue;
    }
    progress.settled += 1;
    const { outcome } = settled;
    if (outcome.status !== "completed") progress.unsuccessful += 1;
    if (outcome.status === "failed" && outcome.error.code === "TQ_ERR_UNKNOWN_OUTCOME") progress.lost += 1;
    const full = output.add(formatResultLine({ task: task.name, ...toPrinted(settled) }));
    if (full !== undefined) await full;
  }
  await output.flush();
}

/** What a caller is told of a task it ran: the ventilator does not pass on who ran it. */
function toPrinted({ taskId, traceId, attempt, outcome }: Settled): Omit<PrintedResult, "task"> {
  const { status, ...rest } = outcome;
  return { taskId, traceId, attempt, outcome: status, ...rest };
}

/** An input that was refused here: it never got an id. */
function refusalOf({ taskId, outcome }: Settled): TqError | undefined {
  if (taskId !== undefined || outcome.status !== "failed") return undefined;
  const { code, message }: RemoteError = outcome.error;
  if (!isAboutInput(code)) return undefined;
  return new TqError(code as "TQ_ERR_INVALID_INPUT", message);
}
