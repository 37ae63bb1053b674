import { type Admission, TaskTable } from "../../../../packages/ventilator/src/core/task-table.ts";
import { around, type Mutant } from "../mutant.ts";

export const acceptTwice: Mutant = {
  name: "accept-twice",
  about: "a task that is submitted again is a new one",
  triedFirst: 31,
  apply: () => around(TaskTable.prototype, "admission", (): Admission => "new"),
};
