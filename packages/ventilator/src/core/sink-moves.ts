/**
 * Gives a lost sink's share to the others, after a wait for its return.
 *
 * Its unsettled tasks may have been committed there without our knowing: moved ones can be committed twice, once in each
 * store. They are counted and told as *moved in doubt*. With one sink there is nowhere to move to: tasks wait for it.
 */
import type { VentilatorEvent } from "./events.ts";
import type { VentilatorLimits } from "./limits.ts";
import type { Settlement } from "./settlement.ts";
import type { SinkDoubts } from "./sink-doubts.ts";
import type { SinkAssignment, SinkPeer } from "./sink-peers.ts";
import type { SinkSessions } from "./sink-sessions.ts";
import { type TaskBatch, taskState } from "./task-batch.ts";
import type { TaskLifecycle } from "./task-lifecycle.ts";
import type { TaskTable } from "./task-table.ts";
import type { Workers } from "./workers.ts";

export interface SinkMoveParts {
  readonly sinks: SinkSessions;
  readonly assignment: SinkAssignment;
  readonly doubts: SinkDoubts;
  readonly table: TaskTable;
  readonly lifecycle: TaskLifecycle;
  readonly settlement: Settlement;
  readonly workers: Workers;
  readonly limits: VentilatorLimits;
  readonly report: (event: VentilatorEvent) => void;
}

export class SinkMoves {
  readonly #parts: SinkMoveParts;

  constructor(parts: SinkMoveParts) {
    this.#parts = parts;
  }

  /** True if something moved: what was parked can be handed out. */
  wake(now: number): boolean {
    let moved = false;
    for (const sink of this.#parts.sinks.peers) {
      if (!this.#isDue(now, sink)) continue;
      this.#move(sink);
      moved = true;
    }
    return moved;
  }

  wakeAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const { awaySince, hasMoved } of this.#parts.sinks.peers) {
      if (awaySince === undefined || hasMoved || !this.#hasLiveSink()) continue;
      at = Math.min(at, awaySince + this.#parts.limits.sinkGraceMs);
    }
    return at;
  }

  #isDue(now: number, sink: SinkPeer): boolean {
    if (sink.awaySince === undefined || sink.hasMoved || !this.#hasLiveSink()) return false;
    return now - sink.awaySince >= this.#parts.limits.sinkGraceMs;
  }

  #hasLiveSink(): boolean {
    return this.#parts.sinks.peers.some(({ client }) => client.session !== undefined);
  }

  #move(sink: SinkPeer): void {
    const { assignment, table, settlement, report } = this.#parts;
    let tasks = 0;
    let inDoubt = 0;
    for (const batch of [...table.unsettledBatches()]) {
      if (batch.reply !== "sink" || batch.sink !== sink.endpoint) continue;
      for (let index = 0; index < batch.count; index++) {
        if (batch.state[index] === taskState.settled) continue;
        tasks += 1;
        if (this.#release(batch, index, sink)) inDoubt += 1;
      }
      assignment.assign(batch);
    }
    // Its session may live on for as long as nobody is there to end it: what was proposed in it waits no longer.
    settlement.sinkLost(sink);
    // Until it comes back: then it is a candidate for new blocks, like any other.
    sink.hasMoved = true;
    const wasThere = sink.stableId !== undefined;
    if (wasThere || tasks > 0) report({ type: "sink.moved", endpoint: sink.endpoint, tasks, inDoubt });
  }

  /** True if the lost sink may have an outcome of this task, or get one. */
  #release(batch: TaskBatch, index: number, sink: SinkPeer): boolean {
    const hasRun = (batch.attempt[index] ?? 0) > 0 || batch.state[index] === taskState.settling;
    // A producer that is away may have handed its tasks on, for that very sink.
    const mayBeThere = hasRun || batch.mayHaveRun || batch.owner.isAway;
    if (mayBeThere) {
      this.#parts.doubts.add({
        origin: batch.origin,
        first: batch.first + index,
        count: 1,
        sink: sink.endpoint,
      });
    }
    if (batch.state[index] === taskState.leased) {
      this.#parts.workers.byNumber(batch.holder[index] ?? 0)?.cancel(batch.origin, batch.first + index);
      this.#parts.lifecycle.giveBack(batch, index);
    }
    return mayBeThere;
  }
}
