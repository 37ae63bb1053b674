/** The workers that have a session, by number and by session. */
import type { SessionId } from "@tq/common/wire";
import type { WorkerPeer } from "./worker-peer.ts";

export class Workers {
  readonly #byNumber = new Map<number, WorkerPeer>();
  readonly #bySession = new Map<SessionId, WorkerPeer>();
  #nextNumber = 1;

  [Symbol.iterator](): IterableIterator<WorkerPeer> {
    return this.#byNumber.values();
  }

  get size(): number {
    return this.#byNumber.size;
  }

  nextNumber(): number {
    return this.#nextNumber++;
  }

  add(worker: WorkerPeer): void {
    this.#byNumber.set(worker.number, worker);
    this.#bySession.set(worker.session.id, worker);
  }

  remove(worker: WorkerPeer): void {
    this.#byNumber.delete(worker.number);
    this.#bySession.delete(worker.session.id);
  }

  byNumber(number: number): WorkerPeer | undefined {
    return this.#byNumber.get(number);
  }

  bySession(session: SessionId): WorkerPeer | undefined {
    return this.#bySession.get(session);
  }
}
