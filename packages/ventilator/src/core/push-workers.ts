/**
 * The workers that take pushed tasks, and how one of them leaves without taking any along.
 *
 * A reader that disconnects takes along what is in its pipe. So when a worker wants to leave, nothing more is sent to anybody
 * until all that was sent has been read; then it is told that it may close its end. Only when that close must have been
 * noticed here, something is sent again: until then it could still go into the pipe of the one that leaves.
 */
import type { Tally } from "@tq/common/wire";
import type { PushTallies } from "./push-tallies.ts";
import type { WorkerPeer } from "./worker-peer.ts";

/** staying: takes tasks · leaving: wants to close its end · told: may close it · acknowledged: has heard that, at that time. */
type Stay =
  | { readonly state: "staying" | "leaving" | "told" }
  | { readonly state: "acknowledged"; readonly at: number };

const staying: Stay = { state: "staying" };

export class PushWorkers {
  readonly #heartbeatMs: number;
  readonly #stays = new Map<WorkerPeer, Stay>();
  /** One that was told has left: its close may still be on its way. */
  #holdUntil = Number.NEGATIVE_INFINITY;

  constructor(heartbeatMs: number) {
    this.#heartbeatMs = heartbeatMs;
  }

  /** Those that take pushed tasks and do not leave. */
  *[Symbol.iterator](): IterableIterator<WorkerPeer> {
    for (const [worker, { state }] of this.#stays) if (state === "staying") yield worker;
  }

  /** True if it has joined, or has changed its mind about leaving. */
  heard(worker: WorkerPeer, { leaving }: Pick<Tally, "leaving">): boolean {
    const known = this.#stays.get(worker);
    const isStaying = known === undefined || known.state === "staying";
    if (known !== undefined && isStaying !== leaving) return false;
    this.#stays.set(worker, leaving ? { state: "leaving" } : staying);
    return true;
  }

  /** Its session is over. False if it took no pushed tasks. */
  ended(now: number, worker: WorkerPeer): boolean {
    const known = this.#stays.get(worker);
    if (known === undefined) return false;
    this.#stays.delete(worker);
    if (known.state === "told" || known.state === "acknowledged") this.#holdUntil = now + this.#heartbeatMs;
    return true;
  }

  /** Nothing may be sent: somebody leaves, or has only just left. */
  isHolding(now: number): boolean {
    if (now < this.#holdUntil) return true;
    for (const stay of this.#stays.values()) {
      if (stay.state === "leaving" || stay.state === "told") return true;
      if (stay.state === "acknowledged" && now < stay.at + this.#heartbeatMs) return true;
    }
    return false;
  }

  /** Time passes. `isThrough`: whatever was sent was read, or is lost. */
  step(now: number, isThrough: boolean): void {
    for (const [worker, { state }] of this.#stays) {
      if (state === "leaving" && isThrough) {
        worker.session.send(now, { verb: "DETACH" });
        this.#stays.set(worker, { state: "told" });
      } else if (state === "told" && !worker.session.unacknowledged.some(({ verb }) => verb === "DETACH")) {
        this.#stays.set(worker, { state: "acknowledged", at: now });
      }
    }
  }

  get isAnybodyLeaving(): boolean {
    for (const { state } of this.#stays.values()) if (state !== "staying") return true;
    return false;
  }

  /** Whether all that are there have said since `since` that they have nothing left, or at least are there to say so. */
  haveNothing(tallies: PushTallies, since: number): boolean {
    return this.#every((bootId) => tallies.hasNothing(bootId) && tallies.heardAt(bootId) > since);
  }

  haveSpoken(tallies: PushTallies, since: number): boolean {
    return this.#every((bootId) => tallies.heardAt(bootId) > since);
  }

  #every(isSo: (bootId: string) => boolean): boolean {
    for (const { session, isBlocked } of this.#stays.keys())
      if (isBlocked || !isSo(session.hello.bootId)) return false;
    return true;
  }
}
