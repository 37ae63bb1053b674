/** Nothing is acknowledged before it is safe: COMMITTED speaks of what a store has, ACCEPTED of what a journal has. */
import type { IdRuns } from "@tq/common/wire";
import { describe } from "../history.ts";
import type { CreateInvariant } from "../invariant.ts";

const name = "acknowledged after the sync";

export const acknowledgedAfterSync: CreateInvariant = (world) => {
  const checkJournal = (place: number, ids: IdRuns): void => {
    const journal = world.ventilators[place]?.journal;
    if (journal === undefined) return;
    world.history.each(ids, (task) => {
      if (task.reply === "sink" && !journal.has(task.id))
        world.violated(name, `v${place} has accepted what its journal does not have: ${describe(task)}`);
    });
  };
  const checkStores = (sink: string, ids: IdRuns): void =>
    world.history.each(ids, (task) => {
      // Of a task that is over a sink may say so although another one has it: it was told that it is over.
      if (task.commits.length === 0 && task.settled.length === 0 && task.owner.isAlive)
        world.violated(name, `${sink} has committed what no store has: ${describe(task)}`);
    });
  return {
    name,
    said({ process, message }) {
      if (message.verb === "COMMITTED" && process.name.startsWith("s"))
        checkStores(process.name, message.ids);
      if (message.verb === "ACCEPTED") checkJournal(Number(process.name.slice(1)), message.ids);
    },
    accepted: checkJournal,
  };
};
