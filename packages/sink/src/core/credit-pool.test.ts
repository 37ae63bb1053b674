import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CreditPool, type CreditShare } from "./credit-pool.ts";
import { defaultLimits } from "./limits.ts";

const limits = {
  ...defaultLimits,
  waitingResultsMax: 800,
  waitingBytesMax: 8_000,
  windowResultsMax: 400,
  windowBytesMax: 4_000,
};

/** A worker that sends what it may, one byte per result. */
class Sender {
  readonly share: CreditShare;
  readonly #pool: CreditPool;
  inHand = 0;

  constructor(pool: CreditPool) {
    this.#pool = pool;
    this.share = pool.join(1, 0);
  }

  get mayHold(): number {
    return this.share.window.tasksGranted - this.share.released.results;
  }

  send(count: number): boolean {
    const more = Math.min(count, this.share.window.tasksGranted - this.share.received.results);
    this.inHand += more;
    return this.#pool.receive(this.share, { results: more, bytes: more, lastBytes: Math.min(1, more) });
  }

  commit(count: number): void {
    const done = Math.min(count, this.inHand);
    this.inHand -= done;
    this.#pool.release(this.share, done, done);
  }
}

const grow = (pool: CreditPool): number => {
  let grown = 0;
  pool.openAll(() => {
    grown += 1;
  });
  return grown;
};

describe("a credit pool", () => {
  test("gives each worker an equal part once all have worked", () => {
    const pool = new CreditPool(limits);
    const senders = Array.from({ length: 8 }, () => {
      const sender = new Sender(pool);
      grow(pool);
      return sender;
    });
    for (let round = 0; round < 50; round++) {
      for (const sender of senders) {
        sender.send(Number.POSITIVE_INFINITY);
        sender.commit(Number.POSITIVE_INFINITY);
      }
      grow(pool);
    }
    expect(senders.map((sender) => sender.mayHold)).toEqual(new Array(8).fill(100));
  });

  test("keeps one window below its own limit, however few workers there are", () => {
    const pool = new CreditPool(limits);
    const sender = new Sender(pool);
    grow(pool);
    expect(sender.mayHold).toBe(limits.windowResultsMax);
  });

  test("gives a newcomer beside idle workers an eighth of its share", () => {
    const pool = new CreditPool(limits);
    const senders = [1, 2, 3, 4].map(() => {
      const sender = new Sender(pool);
      grow(pool);
      return sender;
    });
    expect(senders.map((sender) => sender.mayHold)).toEqual([400, 400, 34, 25]);
  });

  test("is worth a message only when a window has gained a quarter", () => {
    const pool = new CreditPool(limits);
    const sender = new Sender(pool);
    grow(pool);
    sender.send(400);
    sender.commit(99);
    expect(grow(pool)).toBe(0);
    sender.commit(1);
    expect(grow(pool)).toBe(1);
    expect(sender.mayHold).toBe(400);
  });

  test("lets the last value go beyond the bytes, and nothing after it", () => {
    const pool = new CreditPool(limits);
    const share = pool.join(1, 0);
    grow(pool);
    expect(pool.receive(share, { results: 2, bytes: 9_000, lastBytes: 8_000 })).toBe(true);
    expect(pool.receive(share, { results: 1, bytes: 1, lastBytes: 1 })).toBe(false);
  });

  test("never has much more than its bound outstanding, whoever comes, goes and idles", () => {
    const step = fc.record({
      kind: fc.constantFrom("join", "leave", "send", "send", "commit", "commit"),
      who: fc.nat(),
      count: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const pool = new CreditPool(limits);
        const senders: Sender[] = [];
        let orphaned = 0;
        let most = 1;
        for (const { kind, who, count } of steps) {
          const index = who % Math.max(1, senders.length);
          const sender = senders[index];
          if (kind === "join") senders.push(new Sender(pool));
          else if (sender === undefined) continue;
          else if (kind === "leave") {
            orphaned += sender.inHand;
            pool.leave(sender.share);
            senders.splice(index, 1);
          } else if (kind === "send") expect(sender.send(count)).toBe(true);
          else sender.commit(count);
          most = Math.max(most, senders.length);
          grow(pool);
          const outstanding = senders.reduce((sum, { mayHold }) => sum + mayHold, orphaned);
          // Results of workers that left are here for good in this test, so newcomers may live on their eighths.
          const bound = limits.waitingResultsMax * (1 + (1 + Math.log(most)) / 8) + most + orphaned;
          expect(outstanding).toBeLessThanOrEqual(bound);
          for (const { mayHold } of senders) expect(mayHold).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 300, seed: 20261121 },
    );
  });
});
