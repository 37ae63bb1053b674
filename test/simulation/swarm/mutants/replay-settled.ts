import { around, type Mutant } from "../mutant.ts";
import { VentilatorJournal } from "../ventilator-journal.ts";

/** At the port. */
export const replaySettled: Mutant = {
  name: "replay-settled",
  about: "batches that are settled stay in the journal",
  triedFirst: 136,
  apply: () =>
    around(VentilatorJournal.prototype, "write", ({ args: [clock, number, change], proceed }) => {
      const progress = change.progress.map((one) => ({ ...one, settled: [] }));
      proceed(clock, number, { ...change, progress, removed: [] });
    }),
};
