import { around, type Mutant } from "../mutant.ts";
import { VentilatorJournal } from "../ventilator-journal.ts";

/** At the port. */
export const sameEpoch: Mutant = {
  name: "same-epoch",
  about: "every start of a ventilator over its journal has the same epoch",
  triedFirst: 9,
  apply: () =>
    around(VentilatorJournal.prototype, "open", ({ args, proceed }) => ({ ...proceed(...args), epoch: 1 })),
};
