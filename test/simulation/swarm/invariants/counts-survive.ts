/**
 * What a task has failed, and whom it has taken down, counts on over restarts of its ventilator: a limit that begins anew with
 * every start is none. A count is safe once the next attempt has left, which waits for the journal.
 */
import { formatTaskId } from "@tq/common";
import { forEachId, SparseReader } from "@tq/common/protocol";
import type { CreateInvariant } from "../invariant.ts";
import type { Speaker } from "../surroundings.ts";

const name = "counts survive restarts";

/** Of one task and one ventilator, as it was last reported, and what of that is safe. */
interface Counts {
  /** The start that reported it, and the attempt that it was about. */
  by: { readonly start: number; readonly attempt: number };
  failures: number;
  crashes: number;
  safeFailures: number;
  safeCrashes: number;
}

interface Counting {
  readonly type: string;
  readonly taskId: string;
  readonly attempt: number;
  readonly failures?: number;
  readonly crashes?: number;
}

export const countsSurvive: CreateInvariant = (world) => {
  const counts = new Map<string, Counts>();
  const known = (process: Speaker, id: string): Counts | undefined => counts.get(keyOf(process, id));
  const keyOf = ({ name: who, number }: Speaker, id: string): string =>
    `${world.configuration.hasJournal ? who : number}/${id}`;
  const isJournaled = (id: string): boolean => {
    for (const task of world.history) if (task.id === id) return task.reply === "sink";
    return false;
  };
  return {
    name,
    reported(process, event) {
      if (!isCounting(event) || !isJournaled(event.taskId)) return;
      // While a journal is full its ventilator goes on without it.
      if (excusing.some((kind) => world.struck.has(kind))) return;
      const key = keyOf(process, event.taskId);
      const before = counts.get(key);
      const { failures = before?.failures ?? 0, crashes = before?.crashes ?? 0 } = event;
      const [safeFailures, safeCrashes] = [before?.safeFailures ?? 0, before?.safeCrashes ?? 0];
      const isLess =
        event.failures === undefined
          ? event.crashes !== undefined && crashes <= safeCrashes
          : failures <= safeFailures;
      if (isLess)
        world.violated(
          name,
          `${process.name} counts ${JSON.stringify(event)} after ${JSON.stringify(before)}`,
        );
      const by = { start: process.number, attempt: event.attempt };
      counts.set(key, { by, failures, crashes, safeFailures, safeCrashes });
    },
    said({ process, message }) {
      if (message.verb !== "TASKS") return;
      const attempts = new SparseReader(message.attempts);
      let position = 0;
      forEachId(message.ids, (origin, seq) => {
        const attempt = attempts.at(position++) ?? 1;
        const count = known(process, formatTaskId(origin, seq));
        if (count === undefined || count.by.start !== process.number || attempt <= count.by.attempt) return;
        count.safeFailures = count.failures;
        count.safeCrashes = count.crashes;
      });
    },
    heard({ process, message }) {
      if (message.verb !== "HELLO" || message.held === undefined) return;
      // Whoever comes back with an attempt has not died of it.
      forEachId(message.held.ids, (origin, seq) => {
        const count = known(process, formatTaskId(origin, seq));
        if (count !== undefined) count.safeCrashes = Math.max(0, count.safeCrashes - 1);
      });
    },
  };
};

const excusing = ["full-disk", "lost-disk"];

const isCounting = (event: { readonly type: string }): event is Counting =>
  (event.type === "task.retrying" || event.type === "task.crashed") && "taskId" in event;
