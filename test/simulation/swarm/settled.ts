/** Whether all work is done, as far as that can be seen from outside; and what is not. */
import { describe, type TaskHistory } from "./history.ts";
import { isExcused } from "./losses.ts";
import type { World } from "./world.ts";

/** Its owner waits for something. */
function isAwaited(world: World, task: TaskHistory): boolean {
  const { owner, reply, answered, settled, rejected, isRevoked, isOver, acceptedAt } = task;
  if (!owner.isAlive || rejected !== undefined || isRevoked || isOver || isExcused(world, task)) return false;
  if (reply === "push") return acceptedAt === undefined && settled.length === 0;
  return (reply === "answer" ? answered.length : 0) + settled.length === 0;
}

export function isSettled(world: World): boolean {
  if (world.submitters.some(({ isAlive, waiting }) => isAlive && waiting > 0)) return false;
  if (world.ventilators.some(({ core }) => !core.isIdle)) return false;
  if (world.disks.some((disk) => !disk.isIdle)) return false;
  for (const task of world.history) if (isAwaited(world, task)) return false;
  return true;
}

const shownMax = 5;

export function unsettledWork(world: World): string {
  const lines: string[] = [];
  for (const { name, isAlive, waiting } of world.submitters) {
    if (isAlive && waiting > 0) lines.push(`${name} waits for credit for ${waiting} tasks`);
  }
  for (const { name, core } of world.ventilators) {
    if (!core.isIdle) lines.push(`${name}: ${JSON.stringify(core.stats())}`);
  }
  for (const { name, core } of world.workers) lines.push(`${name}: ${JSON.stringify(core.stats())}`);
  for (const { name, core } of world.producers) lines.push(`${name}: ${JSON.stringify(core.stats())}`);
  let shown = 0;
  for (const task of world.history) {
    if (!isAwaited(world, task)) continue;
    shown += 1;
    if (shown <= shownMax) lines.push(describe(task));
  }
  return `after all faults are over:\n  ${lines.join("\n  ")}`;
}
