import { TaskLifecycle } from "../../../../packages/ventilator/src/core/task-lifecycle.ts";
import { around, type Mutant } from "../mutant.ts";

export const blameAllSuspects: Mutant = {
  name: "blame-all-suspects",
  about: "a death counts against every task that was at the worker, not only against one that ran alone",
  apply: () =>
    around(TaskLifecycle.prototype, "blame", ({ args, proceed }) => {
      const [, { batch, index }, worker] = args;
      const trouble = batch.troubleOf(index);
      for (let count = 1; count <= 3; count++) trouble.crashes.add(-count);
      trouble.keptApart = worker.reservation;
      const { quarantine } = worker;
      worker.quarantine = "alone";
      const isSuspect = proceed(...args);
      worker.quarantine = quarantine;
      return isSuspect;
    }),
};
