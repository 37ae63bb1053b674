import { Settlement } from "../../../../packages/ventilator/src/core/settlement.ts";
import { around, type Mutant } from "../mutant.ts";

export const proposeIsFinal: Mutant = {
  name: "propose-is-final",
  about: "a ventilator does not wait for the sink's word on what it proposes",
  apply: () =>
    around(Settlement.prototype, "propose", ({ self, args, proceed }) => {
      const [batch, index, { status }] = args;
      if (batch.reply === "answer") proceed(...args);
      else self.settle(batch, { from: index, to: index + 1 }, status);
    }),
};
