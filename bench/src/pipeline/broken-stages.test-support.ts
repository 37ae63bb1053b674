/** A pipeline whose sink goes wrong in the way that the load names, before any task. */

import { runStage, type Stage } from "./stage.ts";

runStage<"throws" | "exits" | "hangs">({ ventilator: wait, worker: wait, sink: goWrong });

async function wait(stage: Stage<string>): Promise<void> {
  await stage.stop(() => {});
}

async function goWrong(stage: Stage<string>): Promise<void> {
  if (stage.load === "throws") throw new Error("a task came twice");
  if (stage.load === "exits") process.exit(7);
  await wait(stage);
}
