import { channel } from "node:diagnostics_channel";
import { createZeromqTransport } from "@tq/common/transport";
import type { Heart as HeartMessage } from "@tq/common/wire";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createStartedAttempt, type StartedAttempt } from "./core/port.ts";
import { FakeVentilator, origin } from "./fake-ventilator.test-support.ts";
import { Heart } from "./heart.ts";
import { HeartTable } from "./heart-table.ts";

const bootId = "0123456789abcdef";
const started = (what: Partial<StartedAttempt>): StartedAttempt => ({
  ...createStartedAttempt(),
  origin,
  attempt: 1,
  ...what,
});

describe("the table that both threads see", () => {
  it("gives each ventilator its own started attempts, with their numbers", () => {
    const written = new HeartTable({ ventilators: 2, slots: 4 });
    const read = new HeartTable(written.size, written.memory);
    written.set(started({ slot: 0, seq: 5 }));
    written.set(started({ slot: 1, seq: 2 ** 53 - 1, ventilator: 1 }));
    written.set(started({ slot: 3, seq: 6, attempt: 2 }));
    expect(read.started(0, 9)).toEqual({
      epoch: 9,
      ids: { origins: [origin], runs: [0, 5, 2] },
      attempts: { at: [1], values: [2] },
    });
    expect(read.started(1, 9).ids).toEqual({ origins: [origin], runs: [0, 2 ** 53 - 1, 1] });
    written.clear(0);
    written.clear(3);
    expect(read.started(0, 9).ids.runs).toEqual([]);
  });

  it("gives the sessions, as long as there are any", () => {
    const written = new HeartTable({ ventilators: 2, slots: 1 });
    const read = new HeartTable(written.size, written.memory);
    const session = { session: 2 ** 52 + 1, bootId, epoch: 3 };
    written.setSession(1, session);
    expect([read.session(0), read.session(1)]).toEqual([undefined, session]);
    written.clearSession(1);
    expect(read.session(1)).toBeUndefined();
  });
});

describe("the exit of a process", () => {
  it("does not wait for a thread that has no sockets yet, and keeps it from opening any", () => {
    const main = new HeartTable({ ventilators: 1, slots: 1 });
    const thread = new HeartTable(main.size, main.memory);
    const before = performance.now();
    main.waitUntilClosed(60_000);
    expect(performance.now() - before).toBeLessThan(30_000);
    expect(thread.markOpen()).toBe(false);
  });

  it("waits for one that has, until it has closed them", () => {
    const main = new HeartTable({ ventilators: 1, slots: 1 });
    const thread = new HeartTable(main.size, main.memory);
    expect(thread.markOpen()).toBe(true);
    const before = performance.now();
    main.waitUntilClosed(50);
    expect(performance.now() - before).toBeGreaterThanOrEqual(49);
    thread.markClosed();
    main.waitUntilClosed(60_000);
    expect(performance.now() - before).toBeLessThan(30_000);
  });
});

describe("the heart", () => {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  it("beats while the main loop stands still, and says for how long and on what", async () => {
    const transport = createZeromqTransport();
    open.push(() => transport.close());
    const ventilator = await new FakeVentilator(transport).bind("tcp://127.0.0.1:*");
    open.push(() => ventilator[Symbol.asyncDispose]());
    const table = new HeartTable({ ventilators: 1, slots: 2 });
    table.setSession(0, { session: 7, bootId, epoch: 3 });
    const heart = new Heart({
      endpoints: [ventilator.endpoint],
      table,
      beatMs: 20,
      onFailure: (error) => {
        throw error;
      },
    });
    open.push(() => heart.close());
    expect(await ventilator.hearts.next()).toMatchObject({ verb: "HEART", session: 7, bootId });
    table.set(started({ slot: 1, seq: 12 }));
    const heard = await heartOfStandstill(ventilator);
    expect(heard.started).toEqual({ epoch: 3, ids: { origins: [origin], runs: [0, 12, 1] } });
    await heart.close();
    await heart.close();
  });
});

/** Threads start in some tenths of a second, on a busy machine in seconds. */
const threadsTimeoutMs = 30_000;

describe("the threads of hearts", { timeout: threadsTimeoutMs }, () => {
  const nobody = "tcp://127.0.0.1:1";
  let made = 0;
  const countThread = () => void made++;
  channel("worker_threads").subscribe(countThread);
  afterAll(() => void channel("worker_threads").unsubscribe(countThread));

  const failures: unknown[] = [];
  const beatingHeart = async (endpoint = nobody): Promise<Heart> => {
    const table = new HeartTable({ ventilators: 1, slots: 1 });
    const heart = new Heart({
      endpoints: [nobody, endpoint],
      table,
      onFailure: (error) => failures.push(error),
    });
    await heart.beating;
    return heart;
  };
  /** How many threads these hearts, all of them open at the same time, made the process start. */
  const threadsFor = async (hearts: number): Promise<number> => {
    const before = made;
    const open: Heart[] = [];
    for (let count = 0; count < hearts; count++) open.push(await beatingHeart());
    await Promise.all(open.map((heart) => heart.close()));
    return made - before;
  };

  it("serve one heart after the other, and each its own of those that beat at the same time", async () => {
    await threadsFor(1);
    expect(await threadsFor(1)).toBe(0);
    expect(await threadsFor(3)).toBe(2);
    expect([await threadsFor(3), await threadsFor(2)]).toEqual([0, 0]);
  });

  it("end with a heart that fails, which is said, with the sockets that it had open closed before", async () => {
    await threadsFor(1);
    const before = made;
    const failing = await beatingHeart("nonsense");
    expect(failures).toEqual([expect.objectContaining({ code: "TQ_ERR_INVALID_ENDPOINT" })]);
    const others = [await beatingHeart(), await beatingHeart(), await beatingHeart()];
    expect(made - before).toBe(1);
    for (const heart of [failing, ...others]) await heart.close();
    expect(await threadsFor(3)).toBe(0);
  });
});

/**
 * Stops the main loop and gives a beat from that time. A busy machine may keep the thread from beating then: so it stops
 * again, once everything that was said has been read.
 */
const heartOfStandstill = async (ventilator: FakeVentilator): Promise<HeartMessage> => {
  for (;;) {
    const from = performance.now();
    while (performance.now() - from < 400);
    for (let beat = 0; beat < 40; beat++) {
      const heard = await ventilator.hearts.next();
      if (heard.stuckMs >= 150) return heard;
    }
  }
};
