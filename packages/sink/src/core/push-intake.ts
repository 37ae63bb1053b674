/**
 * The sink's end of the push lane: takes outcomes from the pipe into the inboxes, drops what came before, and finds out what
 * will never come.
 *
 * All of them come by one pipe, so an inbox that is full stops the pipe as a whole: what lies in front holds up what is behind.
 * Whoever minds gives the definition a sink of its own.
 */
import { forEachRun, type ServerSession, type Timing } from "@tq/common/protocol";
import { type Message, type Origin, type Outcomes, ownedValues, type Sent } from "@tq/common/wire";
import type { SinkEvent } from "./events.ts";
import type { Inbox } from "./inbox.ts";
import type { Inboxes } from "./inboxes.ts";
import type { Ledger } from "./ledger.ts";
import type { SinkLimits } from "./limits.ts";
import { PushOrigin, type PushPatience } from "./push-origin.ts";
import { keepRows, type ResultBatch } from "./result-batch.ts";

export interface PushIntakeHost {
  readonly inboxes: Inboxes;
  readonly ledger: Ledger;
  readonly limits: SinkLimits;
  readonly timing: Timing;
  /** New rows of an inbox. */
  add(now: number, inbox: Inbox, batch: ResultBatch): void;
  /** Stops reading the pipe, or goes on. */
  hold(isHeld: boolean): void;
  session(id: number): ServerSession | undefined;
  report(event: SinkEvent): void;
  violated(reason: string): void;
}

/** Numbers of outcomes of the push lane, since the start. */
export interface PushIntakeStats {
  /** Outcomes that came, without those that came before. */
  readonly received: number;
  readonly duplicates: number;
  /** Sent and never received, as far as it is certain. */
  readonly missing: number;
  /** Came after they were said to be missing. */
  readonly late: number;
  /** The pipe is not read, because a loop is behind. */
  readonly isHeld: boolean;
}

const endless: PushPatience = { idleMs: Number.POSITIVE_INFINITY, busyMs: Number.POSITIVE_INFINITY };

interface Known {
  readonly of: PushOrigin;
  /** Name of the task, once something of it came. */
  task: string;
  /** Session in which it was announced last. */
  session: number | undefined;
  late: number;
}

export class PushIntake {
  readonly #host: PushIntakeHost;
  readonly #patience: PushPatience;
  /** In the order in which they were announced last: whoever comes first is forgotten first. */
  readonly #origins = new Map<Origin, Known>();
  /** Those that wait for a last word. */
  readonly #owing = new Set<Origin>();
  #received = 0;
  #duplicates = 0;
  #missing = 0;
  #late = 0;
  #isHeld = false;
  #isDraining = false;
  /** Inboxes that were full when it was held. */
  #full = new Set<Inbox>();

  constructor(host: PushIntakeHost) {
    const { limits, timing } = host;
    this.#host = host;
    this.#patience = {
      idleMs: limits.pushIdleHeartbeats * timing.heartbeatMs,
      busyMs: limits.pushBusyMs,
    };
  }

  // ---- what comes in ---------------------------------------------------------------------------------------------

  /** By the pipe. */
  receive(now: number, message: Message): void {
    if (message.verb === "OUTCOMES") this.#outcomes(now, message);
    else this.#host.violated(`a worker does not say ${message.verb} in the push lane's pipe`);
  }

  sent(now: number, session: number, { origins, through, idle = false }: Sent): void {
    for (const [index, origin] of origins.entries()) {
      const known = this.#open(now, origin);
      this.#origins.delete(origin);
      this.#origins.set(origin, known);
      known.session = session;
      known.of.announce(now, through[index] ?? 0, idle);
      this.#owing.add(origin);
    }
  }

  /** False if it was announced before: then what is below counts as well, and nothing of it is forgotten. */
  raise(origin: Origin, below: number): boolean {
    const known = this.#origins.get(origin)?.of;
    if (known?.isAnnounced === true) return false;
    known?.raise(below);
    return true;
  }

  close(origin: Origin): void {
    this.#origins.delete(origin);
  }

  /** Takes nothing new. */
  drain(): void {
    this.#isDraining = true;
    this.#hold();
  }

  // ---- turns -----------------------------------------------------------------------------------------------------

  /** What was committed may have made room; what came may have completed an origin. */
  flush(now: number): void {
    if (this.#isHeld) this.#letGo(now);
    this.#sayLastWords(now);
  }

  wakeAt(): number {
    let at = Number.POSITIVE_INFINITY;
    if (this.#isHeld) return at;
    for (const origin of this.#owing) {
      at = Math.min(at, this.#origins.get(origin)?.of.wakeAt(this.#patience) ?? at);
    }
    return at;
  }

  stats(): PushIntakeStats {
    return {
      received: this.#received,
      duplicates: this.#duplicates,
      missing: this.#missing,
      late: this.#late,
      isHeld: this.#isHeld,
    };
  }

  // ---- inside ----------------------------------------------------------------------------------------------------

  #outcomes(now: number, message: Outcomes): void {
    const { definition, outcome, ids, traceparent, durationsUs } = message;
    const count = message.values.lengths.length;
    const kept = this.#fresh(now, message);
    this.#received += kept.count;
    this.#duplicates += count - kept.count;
    if (kept.count === 0) return;
    const batch: ResultBatch = {
      name: definition.name,
      contract: definition.contract,
      outcome,
      count,
      ids,
      attempts: undefined,
      traceparent,
      durationsUs,
      values: ownedValues(message.values),
      worker: message.worker,
    };
    const inbox = this.#host.inboxes.open(definition.name, definition.contract);
    this.#host.add(now, inbox, kept.count === count ? batch : keepRows(batch, kept.rows));
    if (!this.#isFull(inbox)) return;
    this.#full.add(inbox);
    this.#hold();
  }

  /** The rows that are new, as flat pairs `[from, to, …]`. */
  #fresh(now: number, { ids, definition }: Outcomes): { rows: number[]; count: number } {
    const rows: number[] = [];
    let fresh = 0;
    forEachRun(ids, (run) => {
      if (this.#host.ledger.window.isClosed(run.origin)) return;
      const known = this.#open(now, run.origin);
      known.task = definition.name;
      const wasLate = known.of.lateCount;
      const pairs = known.of.arrive(now, run);
      known.late += known.of.lateCount - wasLate;
      if (known.of.owesWord) this.#owing.add(run.origin);
      for (let index = 0; index + 1 < pairs.length; index += 2) {
        const from = run.position + (pairs[index] ?? 0) - run.first;
        const to = from + (pairs[index + 1] ?? 0);
        fresh += to - from;
        if (rows.at(-1) === from) rows[rows.length - 1] = to;
        else rows.push(from, to);
      }
    });
    return { rows, count: fresh };
  }

  #open(now: number, origin: Origin): Known {
    let known = this.#origins.get(origin);
    if (known === undefined) {
      const below = this.#host.ledger.window.belowOf(origin);
      known = { of: new PushOrigin(now, below), task: "", session: undefined, late: 0 };
      this.#origins.set(origin, known);
      this.#forgetOldest();
    }
    return known;
  }

  #forgetOldest(): void {
    if (this.#origins.size <= this.#host.limits.pushOriginsMax) return;
    for (const origin of this.#origins.keys()) {
      this.#origins.delete(origin);
      return;
    }
  }

  #isFull({ waiting, waitingBytes }: Inbox): boolean {
    const { waitingResultsMax, waitingBytesMax } = this.#host.limits;
    return waiting >= waitingResultsMax || waitingBytes >= waitingBytesMax;
  }

  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#host.hold(true);
  }

  #letGo(now: number): void {
    for (const inbox of this.#full) if (!this.#isFull(inbox)) this.#full.delete(inbox);
    if (this.#full.size > 0 || this.#isDraining) return;
    this.#isHeld = false;
    for (const { of } of this.#origins.values()) of.wasHeld(now);
    this.#host.hold(false);
  }

  #sayLastWords(now: number): void {
    // Nothing more can come while the pipe is not read; but all may have come.
    const patience = this.#isHeld ? endless : this.#patience;
    const words = new Map<number | undefined, { origins: Origin[]; through: number[]; missing: number[] }>();
    for (const origin of this.#owing) {
      const known = this.#origins.get(origin);
      if (known?.of.owesWord !== true) {
        this.#owing.delete(origin);
        continue;
      }
      const session = known.session === undefined ? undefined : this.#host.session(known.session);
      // It is asked again in the next session.
      if (session !== undefined && !session.hasRoom) continue;
      const word = known.of.lastWord(now, patience, (first, count) =>
        this.#host.ledger.window.overlap({ origin, first, count }),
      );
      if (word === undefined) continue;
      this.#tell(origin, known, word);
      const { through, missing } = word;
      const said = words.get(session?.id) ?? { origins: [], through: [], missing: [] };
      words.set(session?.id, said);
      said.origins.push(origin);
      said.through.push(through);
      said.missing.push(missing);
    }
    for (const [id, said] of words) {
      if (id !== undefined) this.#host.session(id)?.send(now, { verb: "MISSING", ...said });
    }
  }

  #tell(origin: Origin, known: Known, word: { through: number; missing: number; change: number }): void {
    const { task } = known;
    this.#missing += word.change;
    if (known.late > 0) this.#host.report({ type: "push.late", task, origin, count: known.late });
    this.#late += known.late;
    known.late = 0;
    if (word.change > 0) this.#host.report({ type: "push.missing", task, origin, ...word });
  }
}
