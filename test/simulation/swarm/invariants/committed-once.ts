/** A store has a task once; two stores have it only where a sink was given up, or has lost its memory. */
import { describe } from "../history.ts";
import type { CreateInvariant } from "../invariant.ts";

const name = "committed once";

export const committedOnce: CreateInvariant = (world) => ({
  name,
  rest() {
    let doubled = 0;
    let moved = world.movedInDoubt;
    for (const { core, process } of world.ventilators)
      if (process.isAlive) moved += core.stats().movedInDoubt;
    for (const task of world.history) {
      const stores = task.commits.map(({ store }) => store);
      if (new Set(stores).size < stores.length) world.violated(name, `twice in one store: ${describe(task)}`);
      if (stores.length > 1 && task.reply !== "push") doubled += 1;
      if (task.reply === "answer" && stores.length > 0) world.violated(name, `an answer: ${describe(task)}`);
    }
    if (doubled > moved && world.lostStores === 0)
      world.violated(name, `${doubled} tasks in two stores, and ${moved} moved in doubt`);
  },
});
