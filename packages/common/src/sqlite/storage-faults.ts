/**
 * A disk that fails when a test says so: full, unable to sync, or slow. The switch is shared memory, so that it also
 * reaches a thread that is busy with a commit.
 */

const faultKinds = ["none", "full", "failed-sync"] as const;

export type StorageFault = (typeof faultKinds)[number];

const place = { fault: 0, slowMs: 1, commits: 2 };

export class StorageFaults {
  /** What is given to a thread. */
  readonly memory: SharedArrayBuffer;
  readonly #view: Int32Array;

  constructor(memory = new SharedArrayBuffer(16)) {
    this.memory = memory;
    this.#view = new Int32Array(memory);
  }

  /** How every commit ends from now on. */
  set fault(fault: StorageFault) {
    Atomics.store(this.#view, place.fault, faultKinds.indexOf(fault));
  }

  /** How much longer every commit takes from now on. The thread that commits stands still meanwhile. */
  set slowMs(ms: number) {
    Atomics.store(this.#view, place.slowMs, ms);
    Atomics.notify(this.#view, place.slowMs);
  }

  /** Commits that were begun. */
  get commits(): number {
    return Atomics.load(this.#view, place.commits);
  }

  /** Called by whoever commits, before the commit. Throws what SQLite would throw. */
  beforeCommit(): void {
    Atomics.add(this.#view, place.commits, 1);
    const slowMs = Atomics.load(this.#view, place.slowMs);
    if (slowMs > 0) Atomics.wait(this.#view, place.slowMs, slowMs, slowMs);
    const fault = faultKinds[Atomics.load(this.#view, place.fault)];
    if (fault === "full") throw sqliteError(13, "database or disk is full");
    if (fault === "failed-sync") throw sqliteError(1034, "disk I/O error");
  }
}

const sqliteError = (errcode: number, message: string): Error =>
  Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode, errstr: message });
