import { DuplicateWindow, type Standing } from "../../../../packages/sink/src/core/duplicate-window.ts";
import { around, type Mutant } from "../mutant.ts";

export const skipDuplicateWindow: Mutant = {
  name: "skip-duplicate-window",
  about: "a sink takes every result for the first of its task",
  triedFirst: 10,
  apply() {
    const endRun = around(DuplicateWindow.prototype, "offerRun", () => true);
    const endOne = around(DuplicateWindow.prototype, "offer", (): Standing => "fresh");
    return () => {
      endRun();
      endOne();
    };
  },
};
