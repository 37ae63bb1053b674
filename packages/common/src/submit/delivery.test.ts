import { describe, expect, test } from "vitest";
import { defineTask, TqError, type } from "../contract/index.ts";
import { idRun } from "../protocol/index.ts";
import { double, origins, TestBed } from "./submitter.test-support.ts";

const fire = defineTask({
  name: "fire",
  input: type<number>(),
  output: type<number>(),
  delivery: "at-most-once",
});
const other = defineTask({ ...optionsOf("other"), delivery: "at-most-once" });
/** The same task, defined in another file. */
const fireAgain = defineTask({ ...optionsOf("fire"), delivery: "at-most-once" });

function optionsOf(name: string) {
  return { name, input: type<number>(), output: type<number>() };
}

const batchesOf = (bed: TestBed): string[] =>
  bed.batches.map(
    ({ reply, definition, ids }) => `${reply} ${definition.name} ${ids.origins[0]} ${ids.runs}`,
  );

describe("tasks that are delivered at most once", () => {
  test("are pushed under an origin of their definition, and over for the submitter when they are accepted", async () => {
    const bed = new TestBed();
    const calls = [
      bed.submitter.submit(fire, 1),
      bed.submitter.submit(other, 2),
      bed.submitter.submit(fireAgain, 3),
      bed.submitter.submit(double, 4),
    ];
    await bed.settle();
    const push = bed.batches.filter(({ reply }) => reply === "push");
    const [first, second] = push.map(({ ids }) => ids.origins[0] ?? "");
    expect(batchesOf(bed)).toEqual([
      `push fire ${first} 0,1,1`,
      `push other ${second} 0,1,1`,
      `push fire ${first} 0,2,1`,
      `sink double ${origins.sink} 0,1,1`,
    ]);
    expect(new Set([first, second, origins.sink, origins.answer]).size).toBe(4);

    for (const { ids } of bed.batches) bed.events.accepted(ids);
    const tasks = await Promise.all(calls);
    expect(tasks.map(({ taskId }) => taskId)).toContain(`${first}-2`);
    const idle = bed.submission.idle();
    await bed.settle();
    await idle;
    expect(bed.submission.stats()).toMatchObject({ accepted: 4, unaccepted: 0 });
  });

  test("can be asked for by a call, and a call can ask for the other lane", async () => {
    const bed = new TestBed();
    void bed.submitter.submit(double, 1, { delivery: "at-most-once" });
    void bed.submitter.submitMany(fire, [1, 2], { delivery: "at-least-once" });
    void bed.submitter.submitMany(double, [1, 2], { delivery: "at-most-once" });
    await bed.settle();
    expect(bed.batches.map(({ reply, definition }) => `${reply} ${definition.name}`)).toEqual([
      "push double",
      "sink fire",
    ]);
    expect(bed.handed()).toEqual([
      [1, 1, 2],
      [1, 2],
    ]);
  });

  test("are run over the credit lane by run and map, which refuse to be told otherwise and say why", async () => {
    const bed = new TestBed();
    bed.runAtOnce();
    expect(await Promise.all([bed.submitter.run(fire, 2), bed.settle()])).toEqual([4, undefined]);
    expect(bed.batches.map(({ reply }) => reply)).toEqual(["answer"]);
    const options = { delivery: "at-least-once" } as object;
    await expect(bed.submitter.run(fire, 2, options)).rejects.toMatchObject({
      code: "TQ_ERR_INVALID_OPTION",
      message: expect.stringContaining("run: delivery must be left out: who waits for an outcome"),
    });
    expect(() => bed.submitter.map(fire, [2], options)).toThrow("map: delivery must be left out");
  });

  test.each([["priority"], ["delayMs"]] as const)(
    "have no %s: that is refused, with the reason",
    async (option) => {
      const bed = new TestBed();
      const call = bed.submitter.submit(fire, 1, { [option]: 5 });
      await expect(call).rejects.toMatchObject({
        code: "TQ_ERR_INVALID_OPTION",
        message: expect.stringContaining(
          `submit: ${option} is not for tasks that are delivered at most once`,
        ),
        details: { option },
      });
      const fine = bed.submitter.submitMany(fire, [1], { [option]: 5, delivery: "at-least-once" });
      await bed.settle();
      bed.accept(1);
      await expect(fine).resolves.toMatchObject({ accepted: 1 });
      expect(bed.batches).toHaveLength(1);
    },
  );

  test("travel with their expiry, their time limit and their trace", async () => {
    const bed = new TestBed();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    void bed.submitter.submit(fire, 1, { expiresMs: 50, attemptTimeoutMs: 20, traceparent });
    await bed.settle();
    expect(bed.batches[0]?.options).toEqual({
      expiresMs: { at: [0], values: [50] },
      timeoutMs: { at: [0], values: [20] },
      traceparent: { at: [0], values: [traceparent] },
    });
  });

  test("go under a new origin after a refusal: what was refused is not expected at the sink", async () => {
    const bed = new TestBed();
    const refused = bed.submitter.submit(fire, 1);
    await bed.settle();
    const first = bed.batches[0]?.ids.origins[0] ?? "";
    bed.events.rejected(idRun(first, 1, 1), "TQ_ERR_NO_PUSH_LANE", "no sink has a PULL");
    await expect(refused).rejects.toMatchObject({ code: "TQ_ERR_NO_PUSH_LANE" });

    const taken = bed.submitter.submit(fire, 2);
    await bed.settle();
    const { ids } = bed.batches[1] ?? {};
    expect(ids?.runs).toEqual([0, 1, 1]);
    expect(ids?.origins[0]).not.toBe(first);
    if (ids !== undefined) bed.events.accepted(ids);
    await expect(taken).resolves.toBeDefined();
  });

  test("are in doubt when contact is lost before they were accepted", async () => {
    const bed = new TestBed();
    const call = bed.submitter.submit(fire, 1);
    await bed.settle();
    bed.events.unreachable(0, new TqError("TQ_ERR_UNREACHABLE", "nobody answers"));
    await expect(call).rejects.toMatchObject({ code: "TQ_ERR_UNKNOWN_OUTCOME" });
  });
});
