/**
 * Rare branches that were really reached: a run over many seeds that never reaches one of them shows nothing about it,
 * and fails.
 */
import { countIds, forEachId } from "@tq/common/protocol";
import type { Message } from "@tq/common/wire";
import type { JournalContents } from "../../../packages/ventilator/src/core/journal/journal-port.ts";
import type { Observer, Speaker, Spoken } from "./surroundings.ts";
import type { World } from "./world.ts";

/** What is said, where the verb alone does not tell. */
const saidMarks: Readonly<Record<string, (message: Message) => boolean>> = {
  "a session is resumed": (message) => message.verb === "WELCOME" && message.resumed,
  "a session is not known": ({ verb }) => verb === "RESYNC",
  "a cloned boot id is refused": (message) =>
    message.verb === "REFUSED" && message.code === "TQ_ERR_BOOT_ID_IN_USE",
  "attempts are adopted": (message) =>
    message.verb === "WELCOME" && message.adopted !== undefined && countIds(message.adopted) > 0,
  "attempts are recalled": ({ verb }) => verb === "RECALL",
  "attempts are returned": ({ verb }) => verb === "RETURN",
  "a running attempt is cancelled": ({ verb }) => verb === "CANCEL",
  "a worker is reserved for suspects": ({ verb }) => verb === "RESERVED",
  "an end is proposed": ({ verb }) => verb === "PROPOSE",
  "a low mark is told": ({ verb }) => verb === "LOWMARK",
  "pushed tasks are said to be missing": ({ verb }) => verb === "MISSING",
  "a cancellation comes too late": (message) =>
    message.verb === "REJECTED" && message.code === "TQ_ERR_UNKNOWN_TASK",
};

const reportedMarks: Readonly<Record<string, string>> = {
  "worker.gone": "a worker is gone",
  "worker.left": "a worker leaves",
  "producer.gone": "a producer is gone",
  "sink.lost": "a sink is lost",
  "sink.moved": "a sink is given up",
  "task.crashed": "a task takes a worker down alone",
  "task.retrying": "a task is tried again",
  "attempt.timed-out": "an attempt is timed out",
  "tasks.handed-on": "tasks are handed on to another ventilator",
  "tasks.reclaimed": "a ventilator is asked what it remembers",
  "journal.full": "a journal is full",
  "journal.writable": "a journal has room again",
  "store.full": "a store is full",
  "store.writable": "a store has room again",
};

/** What is known at the end. */
const endMarks: Readonly<Record<string, (world: World) => boolean>> = {
  "a task is dead": ({ history }) => some(history, ({ settled }) => settled.includes("dead")),
  "a task is expired": ({ history }) => some(history, ({ settled }) => settled.includes("expired")),
  "a task is cancelled": ({ history }) => some(history, ({ settled }) => settled.includes("cancelled")),
  "a cancelled task completes": ({ history }) =>
    some(history, ({ isCancelled, settled }) => isCancelled && settled.includes("completed")),
  "a task runs twice": ({ history }) =>
    some(history, ({ runs }) => runs.filter(({ ended }) => ended === "completed").length > 1),
  "two stores have a task": ({ history }) => some(history, ({ commits }) => commits.length > 1),
  "a pipe is full": ({ network }) => network.dropped > 0,
  "a sink is told of a task twice": ({ sinks }) => some(sinks, ({ core }) => core.stats().duplicates > 0),
};

const some = <T>(all: Iterable<T>, holds: (one: T) => boolean): boolean => {
  for (const one of all) if (holds(one)) return true;
  return false;
};

/** All there are. */
export const markNames: readonly string[] = [
  ...Object.keys(saidMarks),
  ...Object.values(reportedMarks),
  ...Object.keys(endMarks),
  "a task is submitted twice to one ventilator",
  "a journal is replayed",
];

export class Marks implements Observer {
  readonly #world: World;
  /** By the ventilator's process. */
  readonly #accepted = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** By name, those that were reached. */
  get counts(): ReadonlyMap<string, number> {
    for (const [name, holds] of Object.entries(endMarks)) if (holds(this.#world)) this.#count(name);
    return this.#counts;
  }

  said({ message }: Spoken): void {
    for (const name in saidMarks) if (saidMarks[name]?.(message) === true) this.#count(name);
  }

  /** A live ventilator hears of a task that it has accepted before. */
  heard({ process, message }: Spoken): void {
    if (message.verb !== "SUBMIT" || message.reply === "push") return;
    forEachId(message.ids, (origin, seq) => {
      const key = `${process.number}/${origin}-${seq}`;
      const number = this.#accepted.get(key);
      if (number !== undefined && number !== message.session)
        this.#count("a task is submitted twice to one ventilator");
      this.#accepted.set(key, message.session);
    });
  }

  replayed(_process: Speaker, { batches }: JournalContents): void {
    if (batches.length > 0) this.#count("a journal is replayed");
  }

  reported(_process: Speaker, { type }: { readonly type: string }): void {
    const name = reportedMarks[type];
    if (name !== undefined) this.#count(name);
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}
