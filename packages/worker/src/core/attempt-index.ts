/** All attempts that were leased by one ventilator, by origin and seq. */
import { IdRunsBuilder, SparseBuilder } from "@tq/common/protocol";
import type { HeldAttempts, Origin } from "@tq/common/wire";
import type { Attempt } from "./attempt.ts";
import { coreLimits } from "./limits.ts";
import { OriginAttempts } from "./origin-attempts.ts";

export class AttemptIndex {
  readonly #byOrigin = new Map<Origin, OriginAttempts>();

  find(origin: Origin): OriginAttempts | undefined {
    return this.#byOrigin.get(origin);
  }

  open(origin: Origin): OriginAttempts {
    const known = this.#byOrigin.get(origin);
    if (known !== undefined) return known;
    if (this.#byOrigin.size >= coreLimits.idleOriginsMax) this.#forgetIdle();
    const opened = new OriginAttempts(origin);
    this.#byOrigin.set(origin, opened);
    return opened;
  }

  get count(): number {
    let count = 0;
    for (const home of this.#byOrigin.values()) count += home.count;
    return count;
  }

  /** How many wait for a slot or have one. */
  get unfinished(): number {
    let count = 0;
    for (const home of this.#byOrigin.values()) {
      home.forEach(({ state }) => {
        if (state === "queued" || state === "running") count += 1;
      });
    }
    return count;
  }

  /** A list, so that what is done with them may delete them. */
  all(): Attempt[] {
    const attempts: Attempt[] = [];
    for (const home of this.#byOrigin.values()) {
      home.forEach((attempt) => {
        attempts.push(attempt);
      });
    }
    return attempts;
  }

  /** What HELLO and HEARTBEAT say: by origin and ascending, so that it is short. */
  held(epoch: number): HeldAttempts {
    const ids = new IdRunsBuilder();
    const numbers = new SparseBuilder<number>();
    for (const home of this.#byOrigin.values()) {
      const held: Attempt[] = [];
      home.forEach((attempt) => {
        if (attempt.isHeld) held.push(attempt);
      });
      held.sort((a, b) => a.seq - b.seq);
      for (const { seq, number } of held) {
        if (number !== 1) numbers.add(ids.count, number);
        ids.add(home.origin, seq);
      }
    }
    const attempts = numbers.take();
    return { epoch, ids: ids.take(), ...(attempts === undefined ? {} : { attempts }) };
  }

  #forgetIdle(): void {
    for (const [origin, { count }] of this.#byOrigin) if (count === 0) this.#byOrigin.delete(origin);
  }
}
