/**
 * What is known of every task from outside: what its submitter was told, what handlers did, what stores have. No core is
 * asked for any of it, so that no core's mistake can hide itself.
 */
import { formatTaskId, type OutcomeStatus } from "@tq/common";
import { forEachId, type Reply } from "@tq/common/protocol";
import type { IdRuns, Origin } from "@tq/common/wire";
import type { Temper } from "./workload.ts";

/** Whoever submits: one start of a producer, or of a ventilator with a submitter in its process. */
export interface Owner {
  readonly name: string;
  /** The process that it lives in is alive. */
  readonly isAlive: boolean;
  readonly isLocal: boolean;
}

export interface Commit {
  /** One start of a store: what a store that was lost had is another's. */
  readonly store: string;
  readonly outcome: OutcomeStatus;
}

export interface Run {
  readonly worker: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly ventilator: number;
  ended: "no" | "completed" | "failed" | "worker died";
}

export interface TaskHistory {
  readonly id: string;
  readonly owner: Owner;
  readonly reply: Reply;
  readonly temper: Temper;
  readonly expires: boolean;
  /** Places of the ventilators that it was handed to, and when. */
  readonly handedTo: { readonly ventilator: number; readonly at: number }[];
  isCancelled: boolean;
  acceptedAt: number | undefined;
  /** When its owner was first told of its end. */
  settledAt: number | undefined;
  /** The code of a rejection. */
  rejected: string | undefined;
  /** Cancelled before it was accepted, and not accepted since. */
  isRevoked: boolean;
  /** It is known to be lost: the ventilator that had it does not remember it. */
  isLost: boolean;
  /** Its owner was told that it is over, and that nobody knows any more how. */
  isOver: boolean;
  readonly settled: OutcomeStatus[];
  readonly answered: OutcomeStatus[];
  readonly commits: Commit[];
  readonly runs: Run[];
}

export class History {
  readonly #tasks = new Map<string, TaskHistory>();

  get size(): number {
    return this.#tasks.size;
  }

  add(
    task: Pick<TaskHistory, "owner" | "reply" | "temper" | "expires">,
    of: { origin: Origin; seq: number },
  ): TaskHistory {
    const id = formatTaskId(of.origin, of.seq);
    const made: TaskHistory = {
      ...task,
      id,
      handedTo: [],
      isCancelled: false,
      acceptedAt: undefined,
      settledAt: undefined,
      rejected: undefined,
      isRevoked: false,
      isLost: false,
      isOver: false,
      settled: [],
      answered: [],
      commits: [],
      runs: [],
    };
    this.#tasks.set(id, made);
    return made;
  }

  find(origin: Origin, seq: number): TaskHistory | undefined {
    return this.#tasks.get(formatTaskId(origin, seq));
  }

  each(ids: IdRuns, visit: (task: TaskHistory, position: number) => void): void {
    let position = 0;
    forEachId(ids, (origin, seq) => {
      const task = this.find(origin, seq);
      if (task !== undefined) visit(task, position);
      position += 1;
    });
  }

  [Symbol.iterator](): IterableIterator<TaskHistory> {
    return this.#tasks.values();
  }
}

/** For messages: all that is known of a task. */
export const describe = (task: TaskHistory): string => {
  const { owner, runs, commits, ...rest } = task;
  const shownRuns = runs.map(({ worker, epoch, attempt, ended }) => `${epoch}:${attempt}@${worker} ${ended}`);
  const shownCommits = commits.map(({ store, outcome }) => `${outcome} in ${store}`);
  return `${JSON.stringify(rest)} of ${owner.name}${owner.isAlive ? "" : " (gone)"}; runs [${shownRuns.join(", ")}]; commits [${shownCommits.join(", ")}]`;
};
