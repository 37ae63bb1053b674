/** What may be lost, and why: so that everything else may not. */
import type { TaskHistory } from "./history.ts";
import type { World } from "./world.ts";

/** Whoever had it does not remember it, and nobody is left who could say it again. */
export function isExcused(world: World, task: TaskHistory): boolean {
  const { handedTo, isLost, owner } = task;
  if (isLost || isCancelledAndForgotten(world, task)) return true;
  if (owner.isAlive && !owner.isLocal) return false;
  const handedAt = Math.min(...handedTo.map(({ at }) => at));
  return world.ventilators.some(({ forgotAt }) => forgotAt.some((at) => at >= handedAt));
}

/** Answered tasks are in no journal, and one that its caller has given up is not said again to another start. */
const isCancelledAndForgotten = (world: World, { reply, isCancelled, handedTo }: TaskHistory): boolean =>
  reply === "answer" &&
  isCancelled &&
  handedTo.some(({ ventilator, at }) => world.ventilators[ventilator]?.diedAt.some((diedAt) => diedAt >= at));
