import { TaskLifecycle } from "../../../../packages/ventilator/src/core/task-lifecycle.ts";
import { around, type Mutant } from "../mutant.ts";

export const forgetCrashCounts: Mutant = {
  name: "forget-crash-counts",
  about: "workers that a task has taken down are not counted",
  triedFirst: 14,
  apply: () =>
    around(TaskLifecycle.prototype, "blame", ({ args, proceed }) => {
      const [, { batch, index }] = args;
      const isSuspect = proceed(...args);
      batch.trouble(index)?.crashes.clear();
      return isSuspect;
    }),
};
