/** An attempt in the words of events and errors: made only when something is reported. */
import { formatTaskId, traceIdOf } from "@tq/common";
import type { DefinitionInfo } from "@tq/common/wire";
import type { Attempt } from "./attempt.ts";
import type { TaskMention } from "./events.ts";

export const mentionOf = (attempt: Attempt, definitions: readonly DefinitionInfo[]): TaskMention => {
  const origin = attempt.home?.origin ?? "";
  return {
    taskId: formatTaskId(origin, attempt.seq),
    traceId: traceIdOf(origin, attempt.seq, attempt.traceparent),
    task: definitions[attempt.pushed?.definition ?? attempt.batch?.lane.definition ?? -1]?.name ?? "",
    attempt: attempt.number,
  };
};
