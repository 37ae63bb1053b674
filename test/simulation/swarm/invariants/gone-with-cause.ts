/** Nobody is found gone who was there: not because whoever looked had stood still itself. */
import { silenceLimitMs } from "@tq/common/protocol";
import type { CreateInvariant } from "../invariant.ts";
import type { Role } from "../role.ts";
import { timing } from "../timing.ts";
import type { World } from "../world.ts";

const name = "gone with a cause";

export const goneWithCause: CreateInvariant = (world) => {
  const troubled = new Map<string, number>();
  const limitMs = silenceLimitMs(timing);
  const look = (): void => {
    const now = world.clock.now();
    for (const role of world.roles) if (hasTrouble(world, role)) troubled.set(role.name, now);
  };
  return {
    name,
    look,
    reported(process, event) {
      if (event.type !== "worker.gone" || !("worker" in event) || typeof event.worker !== "string") return;
      look();
      const since = world.clock.now() - 2 * limitMs;
      const isCaused = [event.worker].some((who) => (troubled.get(who) ?? Number.NEGATIVE_INFINITY) >= since);
      const isNoisy = (troubled.get("network") ?? Number.NEGATIVE_INFINITY) >= since;
      if (world.network.isNoisy) troubled.set("network", world.clock.now());
      if (!isCaused && !isNoisy && !world.network.isNoisy)
        world.violated(name, `${process.name} finds ${event.worker} gone, which was there all the time`);
    },
  };
};

/** It is not there, stands still, or is cut off from somebody. */
function hasTrouble(world: World, { process }: Role): boolean {
  if (!process.isAlive || process.isStuck || process.isDrifting) return true;
  for (const client of process.connections) if (client.isPartitioned) return true;
  return world.network.isNoisy;
}
