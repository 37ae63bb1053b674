import { Disk } from "../disk.ts";
import { around, type Mutant } from "../mutant.ts";

/** At the port: whoever writes is told at once, and the disk does its work later. */
export const acknowledgeBeforeSync: Mutant = {
  name: "acknowledge-before-sync",
  about: "what was written is acknowledged before it is synced",
  apply: () =>
    around(Disk.prototype, "write", ({ self, args, proceed }) => {
      proceed(...args);
      self.tellEarly(args[0]);
    }),
};
