/**
 * What sinks may forget: of each origin everything below a mark, and all of it once nothing will come of it again.
 *
 * With a journal they are told when it is safe that those tasks are settled. Else a task that is replayed would be taken for a
 * completed one, whatever had become of it. For the same reason no mark goes beyond what the producer has heard of: what it
 * does not know to be over it may hand on, or submit again to another start, and then the sink has to know the outcome. The journal knows of an origin until all sinks have been told that it is closed:
 * whoever is not told remembers it for ever.
 */
import type { Origin } from "@tq/common/wire";
import type { JournalWriter } from "./journal/journal-writer.ts";
import type { PushLane } from "./push-lane.ts";
import type { SinkSessions } from "./sink-sessions.ts";
import type { TaskTable } from "./task-table.ts";

/** Low marks are told to sinks this often. */
const intervalMs = 1_000;

/** Who may not have heard yet that tasks are over. */
export interface MarkLimits {
  /** Lowers marks, or takes out those that are not to be told now. */
  limit(marks: Map<Origin, number>): void;
}

export interface OriginMarkParts {
  readonly table: TaskTable;
  readonly push: PushLane;
  readonly sinks: SinkSessions;
  readonly journal: JournalWriter | undefined;
  readonly now: () => number;
}

export class OriginMarks {
  readonly #parts: OriginMarkParts;
  #at: number;
  /** Closed, and in the journal until all sinks know. */
  readonly #untold = new Set<Origin>();

  constructor(parts: OriginMarkParts) {
    this.#parts = parts;
    this.#at = parts.now() + intervalMs;
  }

  /** Nothing of these origins is left, and nothing of them will come again. */
  close(origins: readonly Origin[]): void {
    const { table, push, sinks, journal, now } = this.#parts;
    const told = origins.filter(
      (origin) => (table.isSinkBound(origin) || push.has(origin)) && table.isWholeHere(origin),
    );
    for (const origin of origins) {
      push.forget(origin);
      table.forget(origin);
    }
    if (journal === undefined) return sinks.tellClosed(now(), told);
    for (const origin of told) journal.leave(origin);
    const toTell = new Set(told);
    for (const origin of origins) if (!toTell.has(origin)) journal.closeOrigin(origin);
    journal.whenSafe(() => {
      sinks.tellClosed(now(), told);
      for (const origin of told) this.#untold.add(origin);
    });
  }

  wake(now: number, limits: MarkLimits): void {
    if (now < this.#at) return;
    this.#at = now + intervalMs;
    this.#forgetTold();
    const { table, push, sinks } = this.#parts;
    const sinkBound = [...table.origins].filter(
      (origin) => table.isSinkBound(origin) && table.isWholeHere(origin) && !push.has(origin),
    );
    const marks = new Map(sinkBound.map((origin) => [origin, table.lowMark(origin)]));
    limits.limit(marks);
    this.#whenSafe(() => sinks.tellLowMarks(this.#parts.now(), [...marks]));
  }

  wakeAt(): number {
    return this.#at;
  }

  #forgetTold(): void {
    if (this.#untold.size === 0) return;
    const unconfirmed = this.#parts.sinks.closedUnconfirmed();
    for (const origin of this.#untold) {
      if (unconfirmed.has(origin)) continue;
      this.#untold.delete(origin);
      this.#parts.journal?.closeOrigin(origin);
    }
  }

  #whenSafe(run: () => void): void {
    const { journal } = this.#parts;
    if (journal === undefined) run();
    else journal.whenSafe(run);
  }
}
