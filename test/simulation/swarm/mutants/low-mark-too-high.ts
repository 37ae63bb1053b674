import { TaskTable } from "../../../../packages/ventilator/src/core/task-table.ts";
import { around, type Mutant } from "../mutant.ts";

export const lowMarkTooHigh: Mutant = {
  name: "low-mark-too-high",
  about: "sinks are told to forget tasks that are not settled",
  apply: () => around(TaskTable.prototype, "lowMark", ({ args, proceed }) => proceed(...args) + 5),
};
