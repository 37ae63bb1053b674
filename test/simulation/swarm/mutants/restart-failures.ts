import { around, type Mutant } from "../mutant.ts";
import { VentilatorJournal } from "../ventilator-journal.ts";

/** At the port. */
export const restartFailures: Mutant = {
  name: "restart-failures",
  about: "failed attempts are counted anew after a restart",
  triedFirst: 132,
  apply: () =>
    around(VentilatorJournal.prototype, "write", ({ args: [clock, number, change], proceed }) => {
      const progress = change.progress.map((one) => ({
        ...one,
        troubles: one.troubles.map((trouble) => ({ ...trouble, failures: 0 })),
      }));
      proceed(clock, number, { ...change, progress });
    }),
};
