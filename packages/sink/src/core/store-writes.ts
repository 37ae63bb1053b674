/**
 * What is on its way into the store: gathered over a turn, handed out under a growing number, and settled when the store
 * says that it is there to stay. Nobody is told of an outcome before that.
 *
 * A store that is full has written nothing of a change: it is handed out again after a while, with everything that was
 * gathered meanwhile. Until it fits, no credit comes back, so that this stays small. Any other failure is not told here:
 * a store that cannot say whether it wrote is not asked again.
 */
import type { Origin } from "@tq/common";
import type { SinkEvent } from "./events.ts";
import type { Entry, Inbox } from "./inbox.ts";
import type { Rows } from "./result-batch.ts";
import type { StoreChange } from "./store-change.ts";

/** Rows of a batch that become final. */
export interface Commit {
  readonly rows: Rows;
  readonly inbox: Inbox;
  readonly entry: Entry;
}

export interface StoreWritesHost {
  /** Writes all of it or nothing; answered by `persisted` or `full`, at the earliest from inside this call. */
  write(number: number, change: StoreChange): void;
  settled(commit: Commit): void;
  report(event: SinkEvent): void;
  /** From a full disk to the next try. */
  readonly fullRetryMs: number;
}

class Gathering {
  readonly commits: Commit[] = [];
  /** The highest of each origin. */
  readonly lowMarks = new Map<Origin, number>();
  readonly closed = new Set<Origin>();

  get isEmpty(): boolean {
    return this.commits.length + this.lowMarks.size + this.closed.size === 0;
  }

  raise(origin: Origin, below: number): void {
    this.lowMarks.set(origin, Math.max(below, this.lowMarks.get(origin) ?? 0));
  }

  add({ commits, lowMarks, closed }: Gathering): void {
    // Not by spreading: what a full disk has held up may be more than a call can have arguments.
    for (const commit of commits) this.commits.push(commit);
    for (const [origin, below] of lowMarks) this.raise(origin, below);
    for (const origin of closed) this.closed.add(origin);
  }

  change(): StoreChange {
    const results: Rows[] = [];
    const pushed: Rows[] = [];
    for (const { rows, entry } of this.commits) (entry.session === undefined ? pushed : results).push(rows);
    const lowMarks = Array.from(this.lowMarks, ([origin, below]) => ({ origin, below }));
    return { results, pushed, lowMarks, closed: [...this.closed] };
  }
}

interface Write {
  readonly number: number;
  readonly gathering: Gathering;
}

export class StoreWrites {
  readonly #host: StoreWritesHost;
  #gathering = new Gathering();
  /** Handed out and not answered, the oldest first. */
  #underWay: Write[] = [];
  #lastNumber = 0;
  #full: { readonly since: number; retryAt: number } | undefined;

  constructor(host: StoreWritesHost) {
    this.#host = host;
  }

  /** Everything is in the store. */
  get isEmpty(): boolean {
    return this.#gathering.isEmpty && this.#underWay.length === 0;
  }

  commit(commit: Commit): void {
    this.#gathering.commits.push(commit);
  }

  raise(origin: Origin, below: number): void {
    this.#gathering.raise(origin, below);
  }

  close(origin: Origin): void {
    this.#gathering.closed.add(origin);
  }

  /** Hands out what was gathered; to a full store only now and then, and one change at a time. */
  flush(now: number): void {
    if (this.#gathering.isEmpty) return;
    if (this.#full !== undefined && (this.#underWay.length > 0 || now < this.#full.retryAt)) return;
    const gathering = this.#gathering;
    this.#gathering = new Gathering();
    this.#lastNumber += 1;
    this.#underWay.push({ number: this.#lastNumber, gathering });
    this.#host.write(this.#lastNumber, gathering.change());
  }

  /** All that was handed out up to this number is in the store. */
  persisted(now: number, through: number): void {
    const written = this.#answered(through);
    if (written.length === 0) return;
    if (this.#full !== undefined) {
      this.#host.report({ type: "store.writable", fullMs: now - this.#full.since });
      this.#full = undefined;
    }
    for (const { gathering } of written) for (const commit of gathering.commits) this.#host.settled(commit);
  }

  /** Of all that was handed out up to this number and not answered, nothing is in the store: it has no room. */
  full(now: number, through: number): void {
    const refused = this.#answered(through);
    if (refused.length === 0) return;
    const all = new Gathering();
    for (const { gathering } of refused) all.add(gathering);
    all.add(this.#gathering);
    this.#gathering = all;
    const retryAt = now + this.#host.fullRetryMs;
    if (this.#full !== undefined) {
      this.#full.retryAt = retryAt;
      return;
    }
    this.#full = { since: now, retryAt };
    let waiting = 0;
    for (const { rows } of all.commits) waiting += rows.to - rows.from;
    this.#host.report({ type: "store.full", waiting });
  }

  wakeAt(): number {
    const hasToWrite = this.#underWay.length === 0 && !this.#gathering.isEmpty;
    return this.#full !== undefined && hasToWrite ? this.#full.retryAt : Number.POSITIVE_INFINITY;
  }

  /** Rows that are not known to be in the store. */
  rows(): Rows[] {
    const all = [...this.#underWay.map(({ gathering }) => gathering), this.#gathering];
    return all.flatMap(({ commits }) => commits.map(({ rows }) => rows));
  }

  #answered(through: number): Write[] {
    let count = 0;
    while ((this.#underWay[count]?.number ?? Number.POSITIVE_INFINITY) <= through) count += 1;
    return this.#underWay.splice(0, count);
  }
}
