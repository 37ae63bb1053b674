/** What a worker makes of another start of its ventilator, which has a journal and takes back what is held. */
import { toRemoteError } from "@tq/common/contract";
import { decodeValues, type Hello, type IdRuns } from "@tq/common/wire";
import { describe, expect, it } from "vitest";
import { ids, only, openWorld, otherOrigin, seqsOf, take, type World } from "./worker-core.test-support.ts";

/** The ventilator is gone until `come`, as another start of it. */
const restart = (
  world: World,
  adopts: (hello: Hello) => IdRuns | undefined = (hello) => hello.held?.ids,
): { come: () => void } => {
  const { ventilator } = world;
  ventilator.isCut = true;
  return {
    come: () => {
      ventilator.epoch += 1;
      ventilator.adopts = adopts;
      ventilator.restart();
      ventilator.isCut = false;
      world.advance(1000);
    },
  };
};

/** 1 is computed and offered, 2 runs, 3 waits; 1 is attempt 1, the others are attempt 4. */
const setUp = () => {
  const world = openWorld({ slots: 3 });
  world.ventilator.lease(ids(1, 3), { attempts: { at: [1, 2], values: [4, 4] } });
  world.settle();
  world.core.completed(take(world), "one", 0);
  const running = take(world);
  world.settle();
  world.sink.take();
  return { world, running };
};

describe("another start of a ventilator", () => {
  it("is told what is held under the epoch before; what it adopts goes on under its own, with the same numbers", () => {
    const { world, running } = setUp();
    restart(world).come();
    expect(world.ventilator.hellos.at(-1)?.held).toEqual({
      epoch: 1,
      ids: ids(1, 3),
      attempts: { at: [1, 2], values: [4, 4] },
    });
    expect(world.aborted).toEqual([]);
    world.core.failed(running, { error: toRemoteError("no"), final: false });
    const third = take(world);
    expect(third).toMatchObject({ seq: 3, attempt: 4, epoch: 2 });
    world.core.completed(third, "three", 0);
    world.settle();
    const attempts = { at: [0], values: [4] };
    expect(only(world.ventilator.take(), "FAILED")).toMatchObject([{ epoch: 2, ids: ids(2, 1), attempts }]);
    const results = only(world.sink.take(), "RESULTS");
    expect(results).toMatchObject([{ epoch: 2, ids: ids(3, 1), attempts }]);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 3) });
    world.settle();
    expect(only(world.ventilator.take(), "DONE").map((done) => [done.epoch, seqsOf(done.ids)])).toEqual([
      [2, [1, 3]],
    ]);
    expect(world.core.isEmpty).toBe(true);
  });

  it("gets no lease that it did not adopt, but every commit, also of results it knows nothing of", () => {
    const { world, running } = setUp();
    restart(world, () => ids(3, 1)).come();
    expect(world.aborted).toMatchObject([{ run: running.run }]);
    expect(world.runAll()).toEqual([3]);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 3) });
    world.settle();
    const done = only(world.ventilator.take(), "DONE");
    expect(done).toMatchObject([{ epoch: 2, outcome: "completed" }]);
    expect(done.flatMap((each) => seqsOf(each.ids)).sort()).toEqual([1, 3]);
    expect(world.core.isEmpty).toBe(true);
  });

  it("is told of commits that the one before may not have heard of", () => {
    const { world } = setUp();
    const { come } = restart(world);
    // Said to the one before, and never acknowledged.
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 1) });
    world.advance(1000);
    come();
    expect(only(world.ventilator.take(), "DONE")).toMatchObject([{ epoch: 2, ids: ids(1, 1) }]);
  });

  it("is not told of failures that the one before may have heard of: they might count twice", () => {
    const { world, running } = setUp();
    const { come } = restart(world);
    world.core.failed(running, { error: toRemoteError("no"), final: false });
    world.advance(1000);
    come();
    expect(world.ventilator.hellos.at(-1)?.held?.ids).toEqual({ ...ids(1, 1), runs: [0, 1, 1, 0, 3, 1] });
    expect(only(world.ventilator.take(), "FAILED")).toEqual([]);
  });

  it("is told of failures between HELLO and WELCOME, of attempts that it adopts and of no others", () => {
    const world = openWorld({ slots: 4 });
    world.ventilator.lease(ids(1, 3), { attempts: { at: [2], values: [5] } });
    world.ventilator.lease(ids(1, 1, otherOrigin));
    world.settle();
    const started = world.start();
    const held = ids(3, 1);
    restart(world, () => {
      for (const [index, each] of started.entries()) {
        const failure = { error: toRemoteError(`no ${index}`), final: index === 2, afterMs: 10 + index };
        world.core.failed(each, failure);
      }
      return held;
    }).come();
    const failed = only(world.ventilator.take(), "FAILED");
    expect(failed).toMatchObject([
      {
        epoch: 2,
        ids: held,
        attempts: { at: [0], values: [5] },
        final: { at: [0], values: [true] },
        afterMs: { at: [0], values: [12] },
      },
    ]);
    expect(failed.flatMap(({ values }) => decodeValues(values))).toMatchObject([{ message: "no 2" }]);
    expect(world.core.isEmpty).toBe(true);
  });

  it("may lease anew what it did not adopt: a result that waits for its commit serves that lease", () => {
    const { world } = setUp();
    restart(world, () => undefined).come();
    world.ventilator.lease(ids(1, 1), { attempts: { at: [0], values: [2] } });
    world.settle();
    expect(world.start()).toEqual([]);
    world.advance(200);
    expect(seqsOf(world.ventilator.held)).toEqual([1]);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 1) });
    world.settle();
    expect(world.ventilator.take()).toMatchObject([{ verb: "DONE", epoch: 2, ids: ids(1, 1) }]);
  });

  it("after that is told of the epoch that adopted, and not of what it did not adopt itself", () => {
    const { world } = setUp();
    restart(world).come();
    restart(world, () => undefined).come();
    expect(world.ventilator.hellos.at(-1)?.held?.epoch).toBe(2);
    expect(seqsOf(world.ventilator.held)).toEqual([]);
  });
});
