import { Settlement } from "../../../../packages/ventilator/src/core/settlement.ts";
import { around, type Mutant } from "../mutant.ts";

export const forgetProposals: Mutant = {
  name: "forget-proposals",
  about: "what a lost sink had not confirmed is not proposed again",
  triedFirst: 11,
  apply: () => around(Settlement.prototype, "sinkLost", () => {}),
};
