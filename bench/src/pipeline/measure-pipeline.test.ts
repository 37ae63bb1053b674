import { expect, test } from "vitest";
import { measureRawPipeline } from "../raw-pipeline/measure-raw-pipeline.ts";
import { measurePipeline } from "./measure-pipeline.ts";

const stages = new URL("./broken-stages.test-support.ts", import.meta.url);

test("the raw pipeline carries every task, also in a last message that is not full", async () => {
  const figures = await measureRawPipeline({ tasks: 1001, tasksPerMessage: 64, payloadBytes: 10 });
  expect(figures.tasksPerSecond * figures.seconds).toBeCloseTo(1001);
  expect(figures.cpuMicrosecondsPerTask).toBeGreaterThan(0);
});

test("what a stage finds wrong fails the measurement, and no process is left", async () => {
  await expect(measurePipeline({ stages, load: "throws", tasks: 1 })).rejects.toThrow("a task came twice");
});

test("a stage that ends early fails the measurement and is named", async () => {
  await expect(measurePipeline({ stages, load: "exits", tasks: 1 })).rejects.toThrow(
    "the sink ended early (exit code 7)",
  );
});

test("a pipeline that hangs fails by its time-out", async () => {
  const measured = measurePipeline({ stages, load: "hangs", tasks: 1, timeoutMs: 1 });
  await expect(measured).rejects.toThrow("did not finish within 1 ms");
});
