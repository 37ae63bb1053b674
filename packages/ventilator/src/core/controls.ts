/**
 * Commands to all workers that match: who is told, who has confirmed, and what later ones are told when they come.
 *
 * A command is answered when everybody who was told has confirmed or is gone, or when its time is over: a worker that is dead
 * and not yet known to be costs its caller that time and no more.
 */
import { TqError } from "@tq/common";
import type { ControlCommand } from "@tq/common/wire";
import type { VentilatorEvent } from "./events.ts";
import { matchesTags, type PauseRule, PauseRules, pauseLimits } from "./pause-rules.ts";
import type { WorkerPeer } from "./worker-peer.ts";
import type { Workers } from "./workers.ts";

/** A command, checked. */
export interface ControlRequest {
  readonly command: ControlCommand;
  readonly task: string | undefined;
  readonly tags: readonly string[];
  readonly timeoutMs: number;
}

/** A worker that a command was said to. */
export interface ControlledWorker {
  /** As it calls itself. */
  readonly name: string;
  readonly tags: readonly string[];
}

/** Who has carried a command out. */
export interface ControlReport {
  /** They have: nothing that is paused will be started there; whoever is to drain has begun to. */
  readonly confirmed: readonly ControlledWorker[];
  /** It is not known of these. `gone`: the session has ended; `timeout`: it has not answered in time, and still may. */
  readonly unconfirmed: readonly (ControlledWorker & { readonly reason: "gone" | "timeout" })[];
}

interface Round {
  readonly command: ControlCommand;
  readonly endsAt: number;
  readonly waiting: Set<WorkerPeer>;
  readonly confirmed: ControlledWorker[];
  readonly unconfirmed: (ControlledWorker & { reason: "gone" | "timeout" })[];
  readonly done: (report: ControlReport) => void;
}

export interface ControlParts {
  readonly workers: Workers;
  readonly report: (event: VentilatorEvent) => void;
}

export class Controls {
  readonly #parts: ControlParts;
  readonly #rules = new PauseRules();
  /** Those that are not answered, by number. */
  readonly #rounds = new Map<number, Round>();
  #count = 0;

  constructor(parts: ControlParts) {
    this.#parts = parts;
  }

  get pauses(): readonly PauseRule[] {
    return this.#rules.list;
  }

  /** Errors: `TQ_ERR_LIMIT`. */
  give(now: number, request: ControlRequest, done: (report: ControlReport) => void): void {
    const { command, task, tags, timeoutMs } = request;
    if (command !== "drain" && !this.#rules.add({ command, task, tags })) {
      throw new TqError(
        "TQ_ERR_LIMIT",
        `${pauseLimits.pausesMax} pauses and resumptions hold already; resume without a filter lifts all`,
      );
    }
    this.#count += 1;
    const told = [...this.#parts.workers].filter((worker) => isMeant(worker, request));
    const round: Round = {
      command,
      endsAt: now + timeoutMs,
      waiting: new Set(told),
      confirmed: [],
      unconfirmed: [],
      done,
    };
    this.#rounds.set(this.#count, round);
    for (const worker of told) {
      worker.isLeaving ||= command === "drain";
      worker.session.send(now, { verb: "CONTROL", control: this.#count, command, task });
    }
    for (const worker of this.#parts.workers) this.#apply(worker);
    this.#parts.report({ type: "control.given", command, task, tags, workers: told.length });
    this.#endIfDone(this.#count, round);
  }

  /** A fresh session knows of no pause: it is told before it gets tasks. */
  joined(now: number, worker: WorkerPeer): void {
    for (const { command, task } of this.#rules.for(worker.tags)) {
      this.#count += 1;
      worker.session.send(now, { verb: "CONTROL", control: this.#count, command, task });
    }
    this.#apply(worker);
  }

  controlled(worker: WorkerPeer, control: number): void {
    const round = this.#rounds.get(control);
    if (round?.waiting.delete(worker) !== true) return;
    round.confirmed.push(nameOf(worker));
    this.#endIfDone(control, round);
  }

  /** Its session is over. One that was to leave, and says goodbye, has done so. */
  left(worker: WorkerPeer, saidGoodbye: boolean): void {
    for (const [control, round] of this.#rounds) {
      if (!round.waiting.delete(worker)) continue;
      if (saidGoodbye && round.command === "drain") round.confirmed.push(nameOf(worker));
      else round.unconfirmed.push({ ...nameOf(worker), reason: "gone" });
      this.#endIfDone(control, round);
    }
  }

  wake(now: number): void {
    for (const [control, round] of this.#rounds) {
      if (round.endsAt > now) continue;
      for (const worker of round.waiting) round.unconfirmed.push({ ...nameOf(worker), reason: "timeout" });
      round.waiting.clear();
      this.#endIfDone(control, round);
    }
  }

  wakeAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const { endsAt } of this.#rounds.values()) at = Math.min(at, endsAt);
    return at;
  }

  #endIfDone(control: number, { waiting, confirmed, unconfirmed, done }: Round): void {
    if (waiting.size > 0) return;
    this.#rounds.delete(control);
    done({ confirmed, unconfirmed });
  }

  #apply(worker: WorkerPeer): void {
    for (const definition of worker.definitions) {
      definition.isPaused = worker.isLeaving || this.#rules.isPaused(worker.tags, definition.info.name);
    }
  }
}

const isMeant = (worker: WorkerPeer, { task, tags }: ControlRequest): boolean =>
  matchesTags(tags, worker.tags) &&
  (task === undefined || worker.definitions.some(({ info }) => info.name === task));

const nameOf = ({ name, tags }: WorkerPeer): ControlledWorker => ({ name, tags });
