/** When all is done nobody holds anything, no lease lives on, no window is used up, and what is remembered is small. */
import type { CreateInvariant } from "../invariant.ts";
import type { World } from "../world.ts";

const name = "at rest";
const rangesMax = 40;

export const atRest: CreateInvariant = (world) => ({
  name,
  rest() {
    const nothing = (who: string, numbers: Readonly<Record<string, number>>): void => {
      const left = Object.entries(numbers).filter(([, count]) => count !== 0);
      if (left.length > 0)
        world.violated(name, `${who} still has ${JSON.stringify(Object.fromEntries(left))}`);
    };
    for (const { name: who, process, core } of world.ventilators) {
      if (!process.isAlive) continue;
      const { unsettled, unsettledBytes, ready, leased, suspects, withoutSink } = core.stats();
      nothing(who, { unsettled, unsettledBytes, ready, leased, suspects, withoutSink });
    }
    for (const { name: who, process, core } of world.workers) {
      if (!process.isAlive) continue;
      const { running, queued, uncommitted, uncommittedBytes, ventilators, sinks } = core.stats();
      const held = ventilators.reduce((sum, each) => sum + each.held, 0);
      const owed = sinks.reduce((sum, each) => sum + each.owed, 0);
      nothing(who, { running, queued, uncommitted, uncommittedBytes, held, owed });
    }
    for (const { name: who, process, core } of world.sinks) {
      if (!process.isAlive) continue;
      for (const { waiting, waitingBytes } of core.stats().definitions)
        nothing(who, { waiting, waitingBytes });
    }
    checkWindows(world);
  },
});

function checkWindows(world: World): void {
  for (const { store } of world.sinks) {
    for (const { origin, committed } of store.restore().origins) {
      if (committed.length / 2 > rangesMax)
        world.violated(name, `${store.id} remembers ${committed.length / 2} ranges of ${origin}`);
    }
  }
}
