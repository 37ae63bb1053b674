import { describe, expect, it } from "vitest";
import { encodeMessage } from "./codec.ts";
import type { FieldSpec } from "./field-spec.ts";
import { grammar, inSession, isNumbered, mayCarry } from "./grammar.ts";
import { wireLimits } from "./limits.ts";
import type { HeldAttempts, Hello, Message, Results, Submit, TaskOptionColumns } from "./messages.ts";
import { encodeValues } from "./values.ts";

const specs = Object.entries(grammar).map(
  ([verb, { fields }]) => [verb, Object.entries<FieldSpec>(fields)] as const,
);

describe("the grammar", () => {
  it("names ids before the columns that refer to them", () => {
    for (const [verb, fields] of specs) {
      const types = fields.map(([, { type }]) => type);
      const columns = fields.findIndex(
        ([name, spec]) =>
          spec.type === "sparse" ||
          spec.type === "column" ||
          (spec.type === "values" && spec.count === undefined) ||
          name === "options",
      );
      if (columns !== -1) expect(types.slice(0, columns), verb).toContain("ids");
    }
  });

  it("keeps fields and verbs in the range that one token byte can name", () => {
    for (const [verb, fields] of specs) {
      expect(verb).toMatch(/^[A-Z]{3,12}$/);
      expect(fields.length).toBeLessThanOrEqual(15);
      for (const [name, { doc }] of fields) {
        expect(name).toMatch(/^[a-zA-Z0-9]{2,16}$/);
        expect(doc).toMatch(/\.$|^[A-Z].*\.$/s);
      }
    }
  });

  it("says who may say what to whom", () => {
    expect(mayCarry("TASKS", "ventilator", "worker")).toBe(true);
    expect(mayCarry("TASKS", "worker", "ventilator")).toBe(false);
    expect(mayCarry("HEARTBEAT", "sink", "ventilator")).toBe(true);
    expect(mayCarry("HEARTBEAT", "producer", "worker")).toBe(false);
  });

  it("knows what belongs to a session, and what is numbered", () => {
    const message = (verb: string) => ({ verb }) as Message;
    expect(["HELLO", "HEART", "PROGRESS", "TASKS"].map((verb) => inSession(message(verb)))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(["HELLO", "HEART", "PROGRESS", "TASKS"].map((verb) => isNumbered(message(verb)))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

describe("the limits", () => {
  const max = Number.MAX_SAFE_INTEGER;
  const origin = (index: number): string => index.toString(16).padStart(16, "0");
  const each = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => make(index));
  const origins = each(wireLimits.originsPerMessageMax, origin);
  const scattered = (count: number) => ({
    origins,
    runs: each(count, (index) => [4095, max - 2 * index - 1, 1]).flat(),
  });
  const column = <V>(count: number, value: V) => ({
    at: each(count, (index) => index),
    values: each(count, () => value),
  });
  const head = { session: max, number: max, received: max } as const;

  it("let the largest messages fit into a header", () => {
    const tasks = wireLimits.tasksPerMessageMax;
    const options: TaskOptionColumns = {
      priority: column(tasks, -100),
      notBeforeMs: column(tasks, wireLimits.spanMsMax),
      expiresMs: column(tasks, wireLimits.spanMsMax),
      timeoutMs: column(tasks, 2_147_483_647),
      key: column(tasks, "語".repeat(wireLimits.keyCharsMax)),
      traceparent: column(tasks, "x".repeat(wireLimits.traceparentCharsMax)),
    };
    const values = encodeValues(each(tasks, (index) => "x".repeat(300 + (index % 2))));
    const submit: Submit = {
      verb: "SUBMIT",
      ...head,
      definition: { name: "a" },
      reply: "sink",
      ids: scattered(tasks),
      options,
      values,
    };
    const results: Results = {
      verb: "RESULTS",
      ...head,
      epoch: max,
      definition: 0,
      ids: scattered(tasks),
      attempts: column(tasks, max),
      traceparent: column(tasks, "x".repeat(wireLimits.traceparentCharsMax)),
      durationsUs: each(tasks, () => max),
      values,
    };
    for (const message of [submit, results]) {
      expect(encodeMessage(message)[0]?.length).toBeLessThanOrEqual(wireLimits.headerBytesMax);
    }
  });

  it("let a worker name all that it can hold", () => {
    const held: HeldAttempts = {
      epoch: max,
      ids: scattered(wireLimits.idsPerMessageMax),
      attempts: column(wireLimits.idsPerMessageMax, 70_000),
    };
    const hello: Hello = {
      verb: "HELLO",
      version: 1,
      role: "worker",
      bootId: origin(1),
      name: "x",
      received: max,
      session: max,
      slots: 1,
      tags: each(wireLimits.tagsMax, () => "x".repeat(wireLimits.nameCharsMax)),
      definitions: each(wireLimits.definitionsMax, () => ({
        name: "n".repeat(128),
        contract: "c".repeat(64),
      })),
      held,
    };
    expect(encodeMessage(hello)[0]?.length).toBeLessThanOrEqual(wireLimits.headerBytesMax);
  });

  it("fit each other", () => {
    expect(wireLimits.payloadBytesMax).toBeLessThanOrEqual(wireLimits.bodyBytesMax);
    expect(wireLimits.tasksPerMessageMax).toBeLessThanOrEqual(wireLimits.idsPerMessageMax);
    expect(wireLimits.headerDepthMax).toBeLessThanOrEqual(wireLimits.depthMax);
    expect(wireLimits.bodyBytesMax).toBeLessThan(2 ** 32);
  });
});
