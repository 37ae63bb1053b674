/** What `ventilator.control` takes and gives, and what is wrong with what it was given. */
import { type AnyTask, TqError } from "@tq/common";
import { checkKnownOptions, isTask, parseTaskName } from "@tq/common/contract";
import { type ControlCommand, wireLimits } from "@tq/common/wire";
import type { ControlRequest } from "./core/controls.ts";

/** Which workers, and which of their tasks. What is left out is not asked for. */
export interface ControlOptions {
  /** Only these tasks, by definition or name, at the workers that run them. Not for `drain`: a worker leaves as a whole. */
  readonly task?: AnyTask | string | undefined;
  /** Only workers that have all of these tags. */
  readonly tags?: readonly string[] | undefined;
  /** How long to wait for the workers, in milliseconds, from 0. Default 5,000. */
  readonly timeoutMs?: number | undefined;
}

const commands: readonly ControlCommand[] = ["pause", "resume", "drain"];
const known: Record<keyof ControlOptions, true> = { task: true, tags: true, timeoutMs: true };
const timeoutDefaultMs = 5_000;

/** Errors: `TQ_ERR_INVALID_OPTION`. */
export function checkControl(command: ControlCommand, options: ControlOptions): ControlRequest {
  if (!commands.includes(command)) {
    throw invalid("command", `control takes "pause", "resume" or "drain"; got ${String(command)}`);
  }
  checkKnownOptions("control", options, known);
  const { task, tags = [], timeoutMs = timeoutDefaultMs } = options;
  if (command === "drain" && task !== undefined) {
    throw invalid(
      "task",
      "drain takes no task: a worker leaves as a whole. Pause the task, or choose workers by tags",
    );
  }
  if (!areTags(tags)) {
    throw invalid("tags", `tags is a list of at most ${wireLimits.tagsMax} texts of 1 to 128 characters`);
  }
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 0) {
    throw invalid(
      "timeoutMs",
      `timeoutMs is a whole number of milliseconds from 0; got ${String(timeoutMs)}`,
    );
  }
  return { command, task: nameOf(task), tags: [...tags], timeoutMs };
}

function nameOf(task: AnyTask | string | undefined): string | undefined {
  if (task === undefined) return undefined;
  if (isTask(task)) return task.name;
  const name = parseTaskName(task);
  if (name.ok) return name.value;
  throw invalid("task", `task is what defineTask gave, or a name: ${name.reason}`);
}

function areTags(tags: unknown): tags is readonly string[] {
  const isTag = (tag: unknown): boolean =>
    typeof tag === "string" && tag.length > 0 && tag.length <= wireLimits.nameCharsMax;
  return Array.isArray(tags) && tags.length <= wireLimits.tagsMax && tags.every(isTag);
}

const invalid = (option: string, message: string): TqError =>
  new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option } });
