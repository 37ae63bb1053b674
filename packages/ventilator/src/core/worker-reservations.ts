/**
 * Which workers this ventilator asks for itself, and how long it waits for each.
 *
 * A worker that is asked starts nothing until it is empty, for whoever's tasks run there: so as few as possible are asked, at
 * most half of those that could do it, the ones first that hold the least. Another ventilator's task may run there for a
 * quarter of an hour, which nobody here can see. So the first one stays asked, because it will be empty in the end, and
 * beside it others are tried, one after the other, each for a while that grows: somewhere it is quicker, and the pool never
 * stands still as a whole. Whoever has one needs no second: two ventilators that want the same workers do not wait for
 * each other.
 *
 * Knows nothing of what the workers are wanted for.
 */
import type { DefinitionQueue } from "./definition-queue.ts";
import type { WorkerDefinition, WorkerPeer } from "./worker-peer.ts";

/**
 * How long a worker may take at first until another is tried, and how long it is kept without being used. Raised: suspects wait
 * longer behind slow tasks of others; lowered: workers are emptied for nothing.
 */
export const reservationTimes = { reservationPatienceMs: 1_000, reservationPatienceMsMax: 60_000 } as const;

const { reservationPatienceMs: patienceMs, reservationPatienceMsMax: patienceMsMax } = reservationTimes;

/** A queue that wants workers, and for how many parcels. */
export interface Demand {
  readonly queue: DefinitionQueue;
  readonly parcels: number;
}

/** How far the search for a queue has come. */
interface Search {
  askedAt: number;
  patienceMs: number;
  /** Workers that were tried in vain. */
  failures: number;
}

interface Census {
  readonly open: WorkerPeer[];
  /** Asked or reserved, in the order in which they were asked. */
  readonly pending: WorkerPeer[];
  busy: number;
}

export class WorkerReservations {
  /** Those that are not open. */
  readonly #engaged = new Set<WorkerPeer>();
  readonly #searches = new Map<DefinitionQueue, Search>();
  #count = 0;
  #wakeAt = Number.POSITIVE_INFINITY;

  get isIdle(): boolean {
    return this.#engaged.size === 0 && this.#searches.size === 0;
  }

  /** It has said RESERVED. Of another number than the last it answers what was withdrawn. */
  reserved(now: number, worker: WorkerPeer, reservation: number): void {
    if (worker.quarantine !== "asked" || worker.reservation !== reservation) return;
    worker.quarantine = "reserved";
    worker.reservedAt = now;
    worker.triedAt = Number.NEGATIVE_INFINITY;
    // Whatever of ours had not started has come back ahead of it: what it still has are results.
    worker.heardUnfinished(0);
  }

  /** It was away, so it may have given the reservation up meanwhile. What runs there may not be alone any more. */
  cut(worker: WorkerPeer): void {
    if (worker.quarantine !== "open") worker.quarantine = "over";
  }

  left(worker: WorkerPeer): void {
    this.#engaged.delete(worker);
  }

  /** Lets go of those that are through or not used; asks those anew that are needed again. */
  settle(now: number, demands: readonly Demand[]): void {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    for (const worker of [...this.#engaged]) {
      const { quarantine, reservedAt } = worker;
      if (quarantine === "over") {
        if (demands.some(({ queue }) => serves(worker, queue))) this.#ask(now, worker);
        else this.#release(now, worker);
      } else if (quarantine === "asked" || quarantine === "reserved") {
        const isUnused = quarantine === "reserved" && now - reservedAt >= patienceMs;
        if (isUnused) worker.triedAt = now;
        if (isUnused || !demands.some(({ queue }) => serves(worker, queue))) this.#release(now, worker);
        else if (quarantine === "reserved") this.#wakeAt = Math.min(this.#wakeAt, reservedAt + patienceMs);
      }
    }
    for (const queue of this.#searches.keys()) {
      if (!demands.some((demand) => demand.queue === queue)) this.#searches.delete(queue);
    }
  }

  /** Asks as many workers as the demand is worth, and others if those take long. */
  seek(now: number, { queue, parcels }: Demand): void {
    const { open, pending, busy } = censusOf(now, queue);
    const share = Math.max(1, Math.floor(queue.workers.length / 2));
    const search = this.#searchFor(queue);
    for (const worker of open.slice(
      0,
      Math.max(0, Math.min(parcels - pending.length, share - pending.length - busy)),
    )) {
      this.#ask(now, worker);
      pending.push(worker);
      search.askedAt = now;
    }
    if (pending.some(({ quarantine }) => quarantine === "reserved")) return;
    if (now - search.askedAt >= search.patienceMs) {
      this.#tryAnother(now, { queue, search, share });
      search.askedAt = now;
    }
    this.#wakeAt = Math.min(this.#wakeAt, search.askedAt + search.patienceMs);
  }

  wakeAt(): number {
    return this.#wakeAt;
  }

  #tryAnother(
    now: number,
    { queue, search, share }: { queue: DefinitionQueue; search: Search; share: number },
  ): void {
    const { open, pending, busy } = censusOf(now, queue);
    const workers = queue.workers.length;
    const newest = pending[pending.length - 1];
    const isOneTried = newest !== undefined && pending.length + busy > share;
    if (isOneTried) {
      this.#release(now, newest);
      newest.triedAt = now;
      search.failures += 1;
      if (search.failures % workers === 0) search.patienceMs = Math.min(patienceMsMax, search.patienceMs * 2);
    }
    const engaged = pending.length + busy - (isOneTried ? 1 : 0);
    const candidate = open.find((worker) => worker.quarantine === "open");
    // All of them at once only if none of them is being used.
    const mayAsk = engaged < workers - 1 || busy === 0;
    if (candidate !== undefined && mayAsk) this.#ask(now, candidate);
  }

  #ask(now: number, worker: WorkerPeer): void {
    this.#count += 1;
    worker.quarantine = "asked";
    worker.reservation = this.#count;
    this.#engaged.delete(worker);
    this.#engaged.add(worker);
    worker.session.send(now, { verb: "RESERVE", reservation: this.#count });
  }

  #release(now: number, worker: WorkerPeer): void {
    worker.quarantine = "open";
    this.#engaged.delete(worker);
    worker.session.send(now, { verb: "RELEASE", reservation: worker.reservation });
  }

  #searchFor(queue: DefinitionQueue): Search {
    let search = this.#searches.get(queue);
    if (search === undefined) {
      search = { askedAt: Number.NEGATIVE_INFINITY, patienceMs, failures: 0 };
      this.#searches.set(queue, search);
    }
    return search;
  }
}

const serves = (worker: WorkerPeer, queue: DefinitionQueue): boolean =>
  worker.definitions.some(({ info, isPaused }) => !isPaused && queue.fits(info.name, info.contract));

const censusOf = (now: number, queue: DefinitionQueue): Census => {
  const census: Census = { open: [], pending: [], busy: 0 };
  for (const definition of queue.workers) {
    const { worker, isPaused } = definition;
    if (isPaused) continue;
    if (worker.quarantine === "open") {
      if (isPromising(now, definition)) census.open.push(worker);
    } else if (worker.quarantine === "asked" || worker.quarantine === "reserved") census.pending.push(worker);
    else census.busy += 1;
  }
  census.open.sort(bySuitability);
  census.pending.sort((a, b) => a.reservation - b.reservation);
  return census;
};

/**
 * Whether it is worth asking. One that grants nothing may do so once it is reserved: the tasks of others had the room. But if
 * it did not, its results wait for a sink that nobody reads, and it must not be kept from other work for that.
 */
const isPromising = (now: number, { worker, credit }: WorkerDefinition): boolean =>
  credit.tasks > 0 || now - worker.triedAt >= patienceMsMax;

/** Those first that were not tried in vain, or longest ago, and among them those that hold the least. */
const bySuitability = (a: WorkerPeer, b: WorkerPeer): number => {
  if (a.isBlocked !== b.isBlocked) return a.isBlocked ? 1 : -1;
  return a.triedAt === b.triedAt ? a.unfinished - b.unfinished : a.triedAt - b.triedAt;
};
