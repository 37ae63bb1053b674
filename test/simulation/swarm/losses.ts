/** What may be lost, and why: so that everything else may not. */
import type { TaskHistory } from "./history.ts";
import type { World } from "./world.ts";

/** Whoever had it does not remember it, and nobody is left who could say it again. */
export function isExcused(world: World, { handedTo, isLost, owner }: TaskHistory): boolean {
  if (isLost) return true;
  if (owner.isAlive && !owner.isLocal) return false;
  const handedAt = Math.min(...handedTo.map(({ at }) => at));
  return world.ventilators.some(({ forgotAt }) => forgotAt.some((at) => at >= handedAt));
}
