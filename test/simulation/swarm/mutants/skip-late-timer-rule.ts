import { Session } from "../../../../packages/common/src/protocol/session.ts";
import { around, type Mutant } from "../mutant.ts";
import { SimulatedProcess } from "../process.ts";

/** Both halves of the rule: what lies in the sockets is read first, and who was not heard meanwhile is excused once. */
export const skipLateTimerRule: Mutant = {
  name: "skip-late-timer-rule",
  about: "a process that stood still blames its peers for the silence",
  triedFirst: 90,
  apply() {
    const endExcuse = around(Session.prototype, "excuse", () => {});
    SimulatedProcess.wakesBeforeReading = true;
    return () => {
      endExcuse();
      SimulatedProcess.wakesBeforeReading = false;
    };
  },
};
