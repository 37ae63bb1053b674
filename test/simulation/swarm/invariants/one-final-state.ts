/** What was accepted comes to one final state, and everybody who is told hears of the same one. */
import type { OutcomeStatus } from "@tq/common";
import { describe, type TaskHistory } from "../history.ts";
import type { CreateInvariant } from "../invariant.ts";
import { isExcused } from "../losses.ts";
import type { World } from "../world.ts";

const name = "one final state";

/** The outcomes that were told, by whoever told them. */
const outcomesOf = ({ reply, answered, settled, commits }: TaskHistory): Set<OutcomeStatus> =>
  new Set([...(reply === "answer" ? answered : []), ...settled, ...commits.map(({ outcome }) => outcome)]);

export const oneFinalState: CreateInvariant = (world) => ({
  name,
  rest() {
    for (const task of world.history) {
      const problem = problemOf(task) ?? conflictOf(world, task);
      if (problem !== undefined && !isExcused(world, task))
        world.violated(name, `${problem}: ${describe(task)}`);
    }
  },
});

function problemOf(task: TaskHistory): string | undefined {
  const { reply, owner, answered, settled, commits, acceptedAt, isRevoked, isOver, rejected } = task;
  if (reply === "push") return undefined;
  if (rejected !== undefined) return acceptedAt === undefined ? undefined : "accepted and rejected";
  if (isRevoked) return outcomesOf(task).size > 0 ? "revoked, and run nevertheless" : undefined;
  // What is final was accepted, even where that was not heard: before its ventilator was started anew.
  if (acceptedAt === undefined && settled.length === 0)
    return owner.isAlive ? "neither accepted nor rejected" : undefined;
  if (reply === "answer") {
    return owner.isAlive && answered.length + settled.length === 0 ? "no answer" : undefined;
  }
  if (commits.length === 0) return "accepted and not committed";
  if (owner.isAlive && settled.length === 0 && !isOver) return "its owner never heard of its end";
  return undefined;
}

/**
 * Two ends of one task. Two stores may each have one; and an answered task that another ventilator, or another start of it, was
 * given may end there once more: its caller has taken the first answer.
 */
function conflictOf(world: World, task: TaskHistory): string | undefined {
  const { reply, commits } = task;
  if (reply === "push" || outcomesOf(task).size <= 1) return undefined;
  if (new Set(commits.map(({ store }) => store)).size > 1) return undefined;
  const isAlone =
    world.ventilators.length === 1 && world.ventilators.every(({ diedAt }) => diedAt.length === 0);
  return reply === "answer" && !isAlone ? undefined : "two outcomes";
}
