import {
  type AnyTask,
  DiscardTask,
  defineTask,
  type Handler,
  type HandlerContext,
  handler,
  isTqError,
  RetryTask,
  type TaskLogger,
  traceIdOf,
  type,
} from "@tq/common";
import { decodeValues, encodeValues, type SessionMessage } from "@tq/common/wire";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ids, origin, World } from "../core/worker-core.test-support.ts";
import { Executor } from "./executor.ts";

const anything = type<unknown>();
const plain = defineTask({ name: "plain", input: anything, output: anything });

/** A worker's core that runs handlers for real, on a clock that the test moves. */
const setUp = (handlers: readonly Handler[], slots = 2) => {
  const definitions = handlers.map(({ task: { name, policy } }) => ({ name, policy }));
  const world = new World({ slots, definitions });
  const grants = definitions.flatMap((_definition, index) => [index, 1000, 1_000_000]);
  world.sink.session.sendUnnumbered({ verb: "GRANT", grants });
  world.settle();
  const clock = { now: world.now, perLook: 0, touches: 0 };
  const children: object[] = [];
  const log = {
    child: (fields: object) => {
      children.push(fields);
      return {} as TaskLogger;
    },
  };
  const now = () => {
    clock.now += clock.perLook;
    return clock.now;
  };
  const touch = () => {
    clock.touches += 1;
  };
  const executor = new Executor({ core: world.core, handlers, log, now, touch });
  const lease = (inputs: unknown[], first = 1, options: object = {}) => {
    world.ventilator.lease(ids(first, inputs.length), { values: encodeValues(inputs), ...options });
    world.settle();
  };
  /** One turn, as the shell makes it. */
  const turn = () => {
    executor.turn();
    world.settle();
    for (const aborted of world.aborted.splice(0)) executor.abort(aborted);
  };
  const settled = async () => {
    // All promises of a handler settle before the next turn of the loop.
    await new Promise(setImmediate);
    turn();
  };
  return { world, executor, clock, children, lease, turn, settled };
};

const run = <Task extends AnyTask>(
  task: Task,
  fn: (input: unknown, ctx: HandlerContext) => unknown,
): Handler => handler(task, fn as Parameters<typeof handler<Task>>[1]);

const outputsIn = (messages: SessionMessage[]): unknown[] =>
  messages.flatMap((message) => (message.verb === "RESULTS" ? decodeValues(message.values) : []));
const failuresIn = (messages: SessionMessage[]) =>
  messages.flatMap((message) =>
    message.verb === "FAILED"
      ? decodeValues(message.values).map((error, index) => ({
          error,
          isFinal: message.final?.at.includes(index) ?? false,
        }))
      : [],
  );

describe("a handler that answers at once", () => {
  it("is called and its result leaves within one turn", () => {
    const { world, lease, turn } = setUp([run(plain, (n) => Number(n) * 2)]);
    lease([1, 2]);
    turn();
    expect(outputsIn(world.sink.take())).toEqual([2, 4]);
  });

  it("does not hold the loop longer than a turn's time, and asks for another turn", () => {
    const { world, clock, lease, turn } = setUp([run(plain, (n) => n)], 100);
    lease(Array.from({ length: 100 }, (_, n) => n));
    clock.perLook = 0.5;
    turn();
    const first = outputsIn(world.sink.take()).length;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(10);
    expect(clock.touches).toBeGreaterThan(0);
    clock.perLook = 0;
    turn();
    expect(outputsIn(world.sink.take())).toHaveLength(100 - first);
  });
});

describe("a handler that gives a promise", () => {
  it("frees its slot when that settles, and the next attempt starts without waiting for a turn", async () => {
    const order: string[] = [];
    const sleeperOf = (name: string): Handler =>
      run(defineTask({ name, input: anything, output: anything }), async () => {
        order.push(name);
        await null;
        return name;
      });
    const { world, clock, lease, settled, turn } = setUp([sleeperOf("first"), sleeperOf("second")], 1);
    lease([1], 1);
    lease([1], 2, { definition: 1 });
    turn();
    expect(order).toEqual(["first"]);
    clock.touches = 0;
    await new Promise(setImmediate);
    expect(order).toEqual(["first", "second"]);
    expect(clock.touches).toBeGreaterThan(0);
    await settled();
    expect(outputsIn(world.sink.take())).toEqual(["first", "second"]);
  });

  it("may give any thenable, also one that calls back twice", async () => {
    const thenable = run(plain, (n) => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      then: (resolve: (value: unknown) => void) => {
        resolve(n);
        resolve("again");
      },
    }));
    const { world, lease, settled, turn } = setUp([thenable]);
    lease([1]);
    turn();
    await settled();
    expect(outputsIn(world.sink.take())).toEqual([1]);
  });

  it("that never settles loses its slot at its timeout, and its late outcome is not another attempt's", async () => {
    const pending: ((value: string) => void)[] = [];
    const hanging = run(plain, () => new Promise((resolve) => pending.push(resolve)));
    const { world, clock, lease, settled, turn } = setUp([hanging], 1);
    lease([1], 1, { options: { timeoutMs: { at: [0], values: [50] } } });
    turn();
    world.advance(60);
    clock.now = world.now;
    lease([2], 2);
    turn();
    expect(pending).toHaveLength(2);
    pending[0]?.("late");
    await settled();
    expect(outputsIn(world.sink.take())).toEqual([]);
    pending[1]?.("in time");
    await settled();
    expect(outputsIn(world.sink.take())).toEqual(["in time"]);
    expect(failuresIn(world.ventilator.take())).toMatchObject([{ error: { code: "TQ_ERR_TIMEOUT" } }]);
  });
});

describe("a handler that fails", () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("do not touch");
      },
      has: () => {
        throw new Error("do not touch");
      },
      getPrototypeOf: () => {
        throw new Error("do not touch");
      },
    },
  );

  it.each([
    ["an error", new TypeError("broken"), { name: "TypeError", message: "broken" }],
    ["a text", "broken", { name: "NonError", message: "broken" }],
    ["nothing", undefined, { name: "NonError", message: "undefined" }],
    ["null", null, { name: "NonError", message: "null" }],
    ["something that throws when touched", hostile, { name: "NonError" }],
  ])("by throwing %s fails its attempt only, now or later", async (_what, thrown, error) => {
    const now = run(plain, () => {
      throw thrown;
    });
    const later = run(defineTask({ name: "later", input: anything, output: anything }), async () => {
      throw thrown;
    });
    const { world, lease, settled, turn } = setUp([now, later], 2);
    lease([1], 1);
    lease([1], 2, { definition: 1 });
    turn();
    await settled();
    expect(failuresIn(world.ventilator.take())).toMatchObject([
      { error, isFinal: false },
      { error, isFinal: false },
    ]);
  });

  it("by throwing RetryTask or DiscardTask says what becomes of its task", () => {
    const retrying = run(plain, (n) => {
      throw n === 1 ? new RetryTask({ afterMs: 2500 }) : new DiscardTask("no such user");
    });
    const { world, lease, turn } = setUp([retrying]);
    lease([1, 2]);
    turn();
    const [failed] = world.ventilator.take().filter(({ verb }) => verb === "FAILED");
    expect(failed).toMatchObject({
      afterMs: { at: [0], values: [2500] },
      final: { at: [1], values: [true] },
    });
  });

  it("by giving something that throws when touched, too", () => {
    const { world, lease, turn } = setUp([run(plain, () => hostile)]);
    lease([1]);
    turn();
    expect(failuresIn(world.ventilator.take())).toMatchObject([{ error: { message: "do not touch" } }]);
  });

  it("by giving what cannot be encoded is not retried, and its neighbours go on", () => {
    const { world, lease, turn } = setUp([run(plain, (n) => (n === 1 ? { deep: [() => {}] } : n))]);
    lease([1, 2]);
    turn();
    expect(failuresIn(world.ventilator.take())).toMatchObject([
      { error: { code: "TQ_ERR_UNENCODABLE" }, isFinal: true },
    ]);
    expect(outputsIn(world.sink.take())).toEqual([2]);
  });
});

describe("schemas", () => {
  const length = z.string().transform((text) => text.length);

  it("make the input what the handler gets; the output is only checked, and sent as it was given", () => {
    const task = defineTask({ name: "s", input: length, output: length });
    const inputs: unknown[] = [];
    const taking = run(task, (input) => {
      inputs.push(input);
      return "four";
    });
    const { world, lease, turn } = setUp([taking]);
    lease(["abc"]);
    turn();
    expect(inputs).toEqual([3]);
    expect(outputsIn(world.sink.take())).toEqual(["four"]);
  });

  it.each([
    ["at once", z.number(), z.number()],
    ["later", z.number().refine(async () => true), z.number().refine(async () => true)],
  ])("that answer %s refuse an input or an output for good", async (_when, input, output) => {
    const { world, lease, turn, settled } = setUp(
      [run(defineTask({ name: "s", input, output, version: "1" }), (n) => (n === 2 ? "no number" : n))],
      3,
    );
    lease(["no number", 2, 3]);
    turn();
    await settled();
    await settled();
    const failures = failuresIn(world.ventilator.take());
    expect(failures).toMatchObject([
      { error: { code: "TQ_ERR_INVALID_INPUT" }, isFinal: true },
      { error: { code: "TQ_ERR_INVALID_OUTPUT" }, isFinal: true },
    ]);
    expect(outputsIn(world.sink.take())).toEqual([3]);
  });
});

describe("the context", () => {
  const traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";

  it("says which attempt it is, also long after it was settled", () => {
    const seen: HandlerContext[] = [];
    const { children, lease, turn } = setUp([
      run(plain, (_input, ctx) => {
        seen.push(ctx);
      }),
    ]);
    lease([1, 2], 7, {
      attempts: { at: [1], values: [3] },
      options: { traceparent: { at: [1], values: [traceparent] } },
    });
    turn();
    lease([3], 9);
    turn();
    const [first, second] = seen;
    expect([first?.taskId, first?.attempt, first?.traceId, first?.task]).toEqual([
      `${origin}-7`,
      1,
      traceIdOf(origin, 7),
      "plain",
    ]);
    expect([second?.taskId, second?.attempt, second?.traceId]).toEqual([
      `${origin}-8`,
      3,
      "0123456789abcdef0123456789abcdef",
    ]);
    expect(children).toEqual([]);
    expect(first?.log).toBe(first?.log);
    expect(children).toEqual([
      { taskId: `${origin}-7`, traceId: traceIdOf(origin, 7), task: "plain", attempt: 1 },
    ]);
    expect(Math.abs((first?.deadline ?? 0) - Date.now() - 900_000)).toBeLessThan(5_000);
  });

  it("has a signal that is aborted when the attempt is cancelled, whenever the handler looks at it", () => {
    const seen: HandlerContext[] = [];
    const { world, lease, turn } = setUp([
      run(plain, (_input, ctx) => {
        seen.push(ctx);
        return new Promise(() => {});
      }),
    ]);
    lease([1, 2]);
    turn();
    const early = seen[0]?.signal;
    expect(early?.aborted).toBe(false);
    world.ventilator.send({ verb: "CANCEL", ids: ids(1, 2) });
    world.settle();
    turn();
    expect(early?.aborted).toBe(true);
    expect(isTqError(early?.reason, "TQ_ERR_CANCELLED")).toBe(true);
    expect(seen[1]?.signal.aborted).toBe(true);
  });

  it("reports progress that fits its schema, of each attempt the last value of a turn", () => {
    const task = defineTask({ name: "p", input: anything, output: anything, progress: z.number() });
    const reporting = run(task, (input, { progress }) => {
      for (const value of input as unknown[]) progress(value as never);
    });
    const { world, lease, turn } = setUp([reporting]);
    lease([[1, 2], ["half"]]);
    turn();
    const [report, ...rest] = world.ventilator.take();
    expect(report).toMatchObject({ verb: "PROGRESS", ids: ids(1, 1) });
    expect(report?.verb === "PROGRESS" ? decodeValues(report.values) : []).toEqual([2]);
    expect(failuresIn(rest)).toMatchObject([{ error: { code: "TQ_ERR_INVALID_OUTPUT" }, isFinal: true }]);
  });

  it("refuses progress of a task that declares none", () => {
    const { world, lease, turn } = setUp([run(plain, (_input, ctx) => ctx.progress(1 as never))]);
    lease([1]);
    turn();
    expect(failuresIn(world.ventilator.take())).toMatchObject([{ error: { code: "TQ_ERR_INVALID_OUTPUT" } }]);
  });
});
