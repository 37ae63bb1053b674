/** Failures and crashes come to an end where the policy says, and not before. */
import { describe, type TaskHistory } from "../history.ts";
import type { CreateInvariant } from "../invariant.ts";
import type { World } from "../world.ts";

const name = "tries within limits";

const countOf = ({ runs }: TaskHistory, ended: TaskHistory["runs"][number]["ended"]): number =>
  runs.filter((run) => run.ended === ended).length;

export const triesWithinLimits: CreateInvariant = (world) => ({
  name,
  rest() {
    for (const task of world.history) {
      if (task.reply === "push") continue;
      for (const outcome of [
        ...task.settled,
        ...task.answered,
        ...task.commits.map((commit) => commit.outcome),
      ]) {
        const problem = problemOf(world, task, outcome);
        if (problem !== undefined) return world.violated(name, `${problem}: ${describe(task)}`);
      }
    }
  },
});

function problemOf({ configuration }: World, task: TaskHistory, outcome: string): string | undefined {
  const { maxAttempts, crashLimit, timeoutMs } = configuration.policy;
  const { temper } = task;
  // A process that stands still may time out what is good; what was timed out may go on until its worker dies.
  const timedOut = timeoutMs < 1_000 ? countOf(task, "no") + countOf(task, "worker died") : 0;
  const failures = countOf(task, "failed") + timedOut;
  switch (outcome) {
    case "completed":
      return countOf(task, "completed") === 0 ? "completed and never run to its end" : undefined;
    case "failed":
      if (temper === "good" && timeoutMs > 5_000) return "a good task has failed";
      if (temper === "hopeless" && failures < maxAttempts) return `failed after ${failures} failures`;
      return undefined;
    case "dead": {
      const deaths = countOf(task, "worker died");
      return deaths < crashLimit ? `dead after ${deaths} deaths of workers` : undefined;
    }
    case "cancelled":
      return task.isCancelled || task.reply === "answer" ? undefined : "cancelled by nobody";
    case "expired":
      return task.expires ? undefined : "expired without an expiry";
    default:
      return `an outcome that there is not: ${outcome}`;
  }
}
