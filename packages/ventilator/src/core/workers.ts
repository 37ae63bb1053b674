/** The workers that have a session, by number and by session. */
import type { ServerSession } from "@tq/common/protocol";
import type { SessionId } from "@tq/common/wire";
import { WorkerPeer } from "./worker-peer.ts";

export class Workers {
  readonly #byNumber = new Map<number, WorkerPeer>();
  readonly #bySession = new Map<SessionId, WorkerPeer>();
  readonly #untold = new Set<WorkerPeer>();
  #nextNumber = 1;

  [Symbol.iterator](): IterableIterator<WorkerPeer> {
    return this.#byNumber.values();
  }

  get size(): number {
    return this.#byNumber.size;
  }

  add(session: ServerSession): WorkerPeer {
    const worker = new WorkerPeer(this.#nextNumber++, session, this.#untold);
    this.#byNumber.set(worker.number, worker);
    this.#bySession.set(session.id, worker);
    return worker;
  }

  remove(worker: WorkerPeer): void {
    this.#byNumber.delete(worker.number);
    this.#bySession.delete(worker.session.id);
    this.#untold.delete(worker);
  }

  /** Cancellations and commits that were gathered. Costs nothing for those that have none. */
  tell(now: number): void {
    if (this.#untold.size === 0) return;
    for (const worker of this.#untold) worker.tell(now);
    this.#untold.clear();
  }

  byNumber(number: number): WorkerPeer | undefined {
    return this.#byNumber.get(number);
  }

  bySession(session: SessionId): WorkerPeer | undefined {
    return this.#bySession.get(session);
  }
}
