/** Values that break a schema, cannot travel, or are too large: refused where they are given, with the path, or failed once. */
import { defineTask, handler, TaskFailedError, type TqError, type } from "@tq/common";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { anyPort, Cluster } from "./support/cluster.ts";
import { errorOf } from "./support/error-of.ts";

const resize = defineTask({
  name: "resize",
  input: z.object({ image: z.object({ width: z.number() }) }),
  output: z.object({ bytes: z.number() }),
});
const echo = defineTask({ name: "echo", input: type<unknown>(), output: type<unknown>() });
/** Its handler makes an output of its own. */
const make = defineTask({
  name: "make",
  input: type<"misfit" | "function" | "giant" | "fine">(),
  output: type<unknown>(),
});

const payloadBytesMax = 256 * 1024;
/** How often the handlers were called. */
const calls = { resize: 0, make: 0 };

let cluster: Cluster;
type Producer = Awaited<ReturnType<Cluster["producer"]>>["role"];
let producer: Producer;

beforeAll(async () => {
  cluster = await Cluster.start({ ventilator: { producers: anyPort } });
  producer = (await cluster.producer()).role;
  await cluster.worker({
    payloadBytesMax,
    handlers: [
      handler(resize, ({ image }) => {
        calls.resize += 1;
        // Told that it is a number, it says something else.
        return { bytes: (image.width < 0 ? "many" : image.width) as number };
      }),
      handler(echo, (value) => value),
      handler(make, (what) => {
        calls.make += 1;
        if (what === "function") return { list: [1, { callback: () => {} }] };
        if (what === "giant") return Buffer.alloc(payloadBytesMax + 1);
        return what;
      }),
    ],
  });
});
afterAll(() => cluster[Symbol.asyncDispose]());

const bothSubmitters = () => [cluster.ventilator, producer];

describe("an input that does not fit its schema", () => {
  const misfit = { image: { width: "wide" } } as never;

  test("is refused at submit, with the path, and reaches no ventilator", async () => {
    for (const submitter of bothSubmitters()) {
      const calls = [
        submitter.submit(resize, misfit),
        submitter.submitMany(resize, [misfit]),
        submitter.run(resize, misfit),
        submitter.map(resize, [misfit]).next(),
      ];
      for (const error of await Promise.all(calls.map(errorOf))) {
        expect(error.code).toBe("TQ_ERR_INVALID_INPUT");
        expect(error.message).toContain("image.width");
        expect(error.details).toMatchObject({ task: "resize", issues: [{ path: "image.width" }] });
      }
    }
    expect(calls.resize).toBe(0);
    expect(cluster.ventilator.stats().unsettled).toBe(0);
  });

  test("ends a submitMany there, says how many were taken before it, and those run", async () => {
    const before = cluster.results.size;
    const inputs = [{ image: { width: 1 } }, { image: { width: 2 } }, misfit, { image: { width: 4 } }];
    const error = await errorOf(producer.submitMany(resize, inputs));
    expect(error).toMatchObject({ code: "TQ_ERR_INVALID_INPUT", details: { accepted: 2 } });
    await cluster.results.until(before + 2);
    await cluster.expectRest();
    expect(cluster.results.size).toBe(before + 2);
  });
});

/** A task that failed for good at its first attempt. */
const failureOf = async (call: Promise<unknown>): Promise<TaskFailedError & { cause: TqError }> => {
  const error = await errorOf(call);
  expect(error).toBeInstanceOf(TaskFailedError);
  expect(error).toMatchObject({ code: "TQ_ERR_TASK_FAILED", outcome: "failed", attempt: 1 });
  return error as TaskFailedError & { cause: TqError };
};

describe("an output that does not fit its schema", () => {
  test("fails the attempt and is not tried again, for a caller", async () => {
    for (const submitter of bothSubmitters()) {
      calls.resize = 0;
      const { cause } = await failureOf(submitter.run(resize, { image: { width: -1 } }));
      expect(cause).toMatchObject({ code: "TQ_ERR_INVALID_OUTPUT" });
      expect(cause.message).toContain("bytes");
      expect(calls.resize).toBe(1);
    }
  });

  test("fails the attempt and is not tried again, at the sink", async () => {
    calls.resize = 0;
    const before = cluster.results.size;
    const { taskId } = await producer.submit(resize, { image: { width: -1 } });
    await cluster.results.until(before + 1);
    expect(cluster.results.only(taskId)).toMatchObject({
      outcome: "failed",
      attempt: 1,
      error: { code: "TQ_ERR_INVALID_OUTPUT" },
    });
    await cluster.expectRest();
    expect(calls.resize).toBe(1);
  });
});

describe("a value that cannot travel", () => {
  test("is refused at submit with its path when it is an input", async () => {
    for (const submitter of bothSubmitters()) {
      for (const method of ["submit", "run"] as const) {
        const error = await errorOf(
          submitter[method](echo, { users: [{ name: "a" }, { greet: () => "hi" }] }),
        );
        expect(error).toMatchObject({ code: "TQ_ERR_UNENCODABLE", details: { path: "$.users[1].greet" } });
        expect(error.message).toContain("$.users[1].greet");
      }
    }
  });

  test("fails its attempt with its path, once, when it is an output; its neighbours complete", async () => {
    calls.make = 0;
    const outcomes: string[] = [];
    const inputs = ["fine", "function", "fine"] as const;
    for await (const { index, outcome } of cluster.ventilator.mapSettled(make, inputs)) {
      outcomes[index] = outcome.status;
      if (outcome.status !== "failed") continue;
      expect(outcome.error.code).toBe("TQ_ERR_UNENCODABLE");
      expect(outcome.error.message).toContain("$.list[1].callback");
    }
    expect(outcomes).toEqual(["completed", "failed", "completed"]);
    expect(calls.make).toBe(3);
  });
});

describe("a payload over the limit", () => {
  test("is refused at submit with its size when it is an input", async () => {
    const giant = Buffer.alloc(16 * 1024 * 1024 + 1);
    for (const submitter of bothSubmitters()) {
      const error = await errorOf(submitter.submit(echo, giant));
      expect(error.code).toBe("TQ_ERR_PAYLOAD_TOO_LARGE");
      expect(error.details).toMatchObject({ bytesMax: 16 * 1024 * 1024 });
    }
  });

  test("fails its attempt, once, when it is an output", async () => {
    calls.make = 0;
    const { cause } = await failureOf(producer.run(make, "giant"));
    expect(cause).toMatchObject({ code: "TQ_ERR_PAYLOAD_TOO_LARGE" });
    expect(calls.make).toBe(1);
  });

  test("is none at the limit: such a value arrives whole", async () => {
    const value = Buffer.alloc(payloadBytesMax - 16, 7);
    expect(await producer.run(echo, value)).toEqual(value);
  });
});
