/** A journal gives back what is unsettled, and beyond that only what ended just before: it was not synced yet. */
import { forEachId } from "@tq/common/protocol";
import { describe } from "../history.ts";
import type { CreateInvariant } from "../invariant.ts";

const name = "replay is what is left";

/** Ends wait 50 ms for company, and then for a sync, which may be behind another one. */
const unsyncedMsMax = 250;

export const replayIsWhatIsLeft: CreateInvariant = (world) => ({
  name,
  replayed(process, contents) {
    // A disk that was in trouble may not have taken anything for as long as that lasted, nor a process that stood still.
    const role = world.ventilators.find(({ name: who }) => who === process.name);
    if (role === undefined || role.hasStood || role.journal?.disk.hadTrouble === true) return;
    const deaths = role.diedAt;
    for (const { batch, progress } of contents.batches) {
      const { ids } = batch.submission;
      let index = 0;
      forEachId(ids, (origin, seq) => {
        const isSettled = isWithin(progress?.settled ?? [], index);
        index += 1;
        const task = world.history.find(origin, seq);
        if (task === undefined || isSettled || task.settledAt === undefined) return;
        // Told before it was ever leased, when the sink has yet to take note; or by another ventilator.
        if (task.isCancelled || task.expires) return;
        if (!task.owner.isLocal && world.configuration.ventilators > 1) return;
        // Once it was replayed, it is unsettled again.
        const { settledAt } = task;
        if (!deaths.some((at) => at >= settledAt && at - settledAt <= unsyncedMsMax))
          world.violated(name, `${process.name} replays what ended long ago: ${describe(task)}`);
      });
    }
  },
});

/** Of flat pairs `[from, to, …]`. */
const isWithin = (pairs: readonly number[], index: number): boolean =>
  pairs.some((from, at) => at % 2 === 0 && from <= index && index < (pairs[at + 1] ?? 0));
