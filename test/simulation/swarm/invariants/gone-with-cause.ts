/** Nobody is found gone who was there: not because whoever looked had stood still itself. */
import { silenceLimitMs } from "@tq/common/protocol";
import type { CreateInvariant } from "../invariant.ts";
import type { SimulatedProcess } from "../process.ts";
import type { Speaker } from "../surroundings.ts";
import { timing } from "../timing.ts";

const name = "gone with a cause";

export const goneWithCause: CreateInvariant = (world) => {
  const limitMs = silenceLimitMs(timing);
  /** By name: when it last was in trouble, and which of its starts was there. */
  const troubledAt = new Map<string, number>();
  const starts = new Map<string, number>();
  let noisyAt = Number.NEGATIVE_INFINITY;
  const look = (): void => {
    const now = world.clock.now();
    for (const { name: who, process } of world.workers) {
      if (hasTrouble(process) || starts.get(who) !== process.number) troubledAt.set(who, now);
      // A short stall may lie between two looks.
      else troubledAt.set(who, Math.max(troubledAt.get(who) ?? process.lastStuckAt, process.lastStuckAt));
      starts.set(who, process.number);
    }
    if (world.network.isNoisy) noisyAt = now;
  };
  return {
    name,
    look,
    reported(process, event) {
      if (event.type !== "worker.gone" || !("worker" in event) || typeof event.worker !== "string") return;
      look();
      const since = lookingBackFrom(process, world.clock.now()) - 2 * limitMs;
      const isCaused = (troubledAt.get(event.worker) ?? Number.NEGATIVE_INFINITY) >= since;
      // Cuts may have struck just so that no word got through, and a drifting clock counts other seconds.
      if (isCaused || noisyAt >= since || excusing.some((kind) => world.struck.has(kind))) return;
      world.violated(name, `${process.name} finds ${event.worker} gone, which was there all the time`);
    },
  };
};

/** Whoever stood still finds only later who died before, and reads only then what those said who have died meanwhile. */
const lookingBackFrom = ({ stuckSince, lastStuckAt }: Speaker, now: number): number =>
  lastStuckAt >= now - 2 * silenceLimitMs(timing) ? stuckSince : now;

/** Whose boot id was cloned draws another, and leaves the session that it had under it without a word. */
const excusing = ["flapping", "drift", "disorder", "cloned-boot-id"];

/** It is not there, stands still, or is cut off from somebody. */
function hasTrouble(process: SimulatedProcess): boolean {
  if (!process.isAlive || process.isStuck) return true;
  for (const client of process.connections) if (client.isPartitioned) return true;
  return false;
}
