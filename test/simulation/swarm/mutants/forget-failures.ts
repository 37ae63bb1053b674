import { TaskLifecycle } from "../../../../packages/ventilator/src/core/task-lifecycle.ts";
import { around, type Mutant } from "../mutant.ts";

export const forgetFailures: Mutant = {
  name: "forget-failures",
  about: "failed attempts are not counted",
  triedFirst: 13,
  apply: () =>
    around(TaskLifecycle.prototype, "fail", ({ args, proceed }) => {
      const [, { batch, index }] = args;
      if (batch.trouble(index) !== undefined) batch.troubleOf(index).failures = 0;
      proceed(...args);
    }),
};
