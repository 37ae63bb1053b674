import { TaskLifecycle } from "../../../../packages/ventilator/src/core/task-lifecycle.ts";
import { around, type Mutant } from "../mutant.ts";

/** If all attempts have the same number, nothing that is compared with it tells them apart. */
export const ignoreAttemptNumber: Mutant = {
  name: "ignore-attempt-number",
  about: "an old attempt of a task is as good as the present one",
  apply: () =>
    around(TaskLifecycle.prototype, "lease", ({ args, proceed }) => {
      const [, batch, { from, to }] = args;
      proceed(...args);
      batch.attempt.fill(1, from, to);
    }),
};
