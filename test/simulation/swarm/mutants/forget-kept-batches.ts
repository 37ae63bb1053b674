import { KeptBatches } from "../../../../packages/producer/src/core/kept-batches.ts";
import { around, type Mutant } from "../mutant.ts";

export const forgetKeptBatches: Mutant = {
  name: "forget-kept-batches",
  about: "a producer does not submit again what a ventilator may not have",
  apply: () => around(KeptBatches.prototype, "again", () => []),
};
