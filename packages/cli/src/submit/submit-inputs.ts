/**
 * The course of a `tq submit` once the ventilator is found: what bounds it, what it says, and how it ends.
 */
import type { Readable } from "node:stream";
import { type AnyTask, type Delivery, isTqError, TqError } from "@tq/common";
import type { TqLogger } from "@tq/common/node";
import type { TaskSubmitter } from "@tq/common/submit";
import { drainTimeoutMs } from "../command-line/serve.ts";
import { exitCodeOfSignal, type StopSignals } from "../command-line/stop-signals.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { hasErrno, standardOutput } from "../output/line-output.ts";
import { type ErrorStyle, formatError, say } from "../output/report-error.ts";
import { type NumberedInput, readInputs } from "./input-lines.ts";
import { Refusals } from "./refusals.ts";
import { runAll } from "./run-all.ts";
import { submitAll } from "./submit-all.ts";
import { SubmitProgress } from "./submit-progress.ts";

export interface SubmitInputs {
  readonly submitter: TaskSubmitter;
  /** Whether the ventilator is in reach. */
  readonly isConnected: () => boolean;
  readonly task: AnyTask;
  /** One JSON value per line, or the inputs themselves. */
  readonly source: Readable | readonly NumberedInput[];
  readonly isWaiting: boolean;
  /** Undefined: the task's own. */
  readonly delivery: Delivery | undefined;
  readonly idempotencyKey: string | undefined;
  readonly keepForMs: number | undefined;
  /** The bound of the whole command, and what is left of it. */
  readonly timeout: { readonly ms: number; readonly leftMs: number } | undefined;
  readonly stop: StopSignals;
  readonly style: ErrorStyle;
  readonly log: TqLogger;
}

/** Rejects with what is about no single input: `TQ_ERR_DEADLINE_EXCEEDED`, `TQ_ERR_UNREACHABLE`, … */
export async function submitInputs(options: SubmitInputs): Promise<ExitCode> {
  const { task, source, isWaiting, stop, style, log } = options;
  const refusals = new Refusals((error) => say(formatError(error, style)));
  const ending = new AbortController();
  const stopReading = () => ending.abort();
  stop.signal.addEventListener("abort", stopReading);
  const isStream = !isList(source);
  const { isConnected } = options;
  using progress = new SubmitProgress(log, { awaitsResults: isWaiting, isStream, isConnected });
  using bounds = new Bounds(options);
  const inputs = isList(source) ? source : readInputs(source, refusals, ending.signal);
  const common = { ...options, inputs, refusals, progress, stopReading };
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const work = isWaiting ? runAll({ ...common, output: standardOutput, signal }) : submitAll(common);
  let isWhole = false;
  try {
    await Promise.race([work, bounds.exceeded]);
    isWhole = !stop.signal.aborted;
  } catch (error) {
    work.catch(() => {});
    stopReading();
    giveUp.abort();
    throw isTqError(error) ? withProgress(error, progress) : error;
  } finally {
    stop.signal.removeEventListener("abort", stopReading);
    if (!isWaiting) await printAccepted(task, { progress, refusals, isStream, isWhole });
  }
  if (stop.signal.aborted) return exitCodeOfSignal(await stop.first);
  if (progress.lost > 0) return exitCodes.unreachable;
  if (progress.unsuccessful > 0) return exitCodes.taskFailed;
  return refusals.count > 0 ? exitCodes.usage : exitCodes.fine;
}

const isList = (source: Readable | readonly NumberedInput[]): source is readonly NumberedInput[] =>
  Array.isArray(source);

interface Accepting {
  readonly progress: SubmitProgress;
  readonly refusals: Refusals;
  readonly isStream: boolean;
  /** All input was read and is done. */
  readonly isWhole: boolean;
}

async function printAccepted(
  { name: task }: AnyTask,
  { progress, refusals, isStream, isWhole }: Accepting,
): Promise<void> {
  const { accepted, last } = progress;
  if (isStream) {
    // All ids of one submitter begin alike; trace ids follow from the ids.
    const origin = last?.taskId.split("-", 1)[0];
    const rest = isWhole ? {} : { nextLine: progress.nextLine };
    await tell({ task, accepted, refused: refusals.count, origin, ...rest });
  } else if (last !== undefined) {
    const { taskId, traceId, isDuplicate } = last;
    await tell({ taskId, traceId, task, ...(isDuplicate && { isDuplicate }) });
  }
}

/** Where stdout is gone, the exit code still says how it went. */
async function tell(summary: object): Promise<void> {
  try {
    await standardOutput.write(`${JSON.stringify(summary)}\n`);
  } catch (error) {
    if (!hasErrno(error, "EPIPE")) throw error;
  }
}

function withProgress(error: TqError, progress: SubmitProgress): TqError {
  return new TqError(error.code, `${error.message} (${progress.describeRest()})`, {
    details: error.details,
    cause: error,
  });
}

/** What may end the work before it is done: its time, or the time that a first signal leaves it. */
class Bounds implements Disposable {
  readonly exceeded: Promise<never>;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor({ timeout, isConnected, stop, log }: SubmitInputs) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.exceeded = promise;
    const expireAfter = (leftMs: number, ms: number) => {
      const expire = () => {
        const why = isConnected() ? "" : "; contact with the ventilator is lost";
        const code = isConnected() ? "TQ_ERR_DEADLINE_EXCEEDED" : "TQ_ERR_UNREACHABLE";
        reject(new TqError(code, `not done within ${ms / 1000} s${why}`));
      };
      this.#timers.push(setTimeout(expire, leftMs));
    };
    if (timeout !== undefined) expireAfter(timeout.leftMs, timeout.ms);
    stop.signal.addEventListener("abort", () => {
      log.warn("reading no further; waiting for what was read, a second signal quits at once");
      expireAfter(drainTimeoutMs, drainTimeoutMs);
    });
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
