/**
 * What is paused, for workers that are there and for those that come later: the commands that were given, in order. Of those
 * that match a worker and a task the last one counts. So a pause of all can be followed by a resume for some, and the other
 * way round, and nobody has to name a pause in order to lift it.
 *
 * A command that matches all that an earlier one did replaces it: a `resume` without filter leaves nothing behind.
 */

/** A command to pause or resume that still makes a difference. */
export interface PauseRule {
  readonly command: "pause" | "resume";
  /** Name of the tasks. Absent: all. */
  readonly task?: string | undefined;
  /** The workers that have all of these. Empty: all. */
  readonly tags: readonly string[];
}

/** Raised: what each worker is told when it joins. More only means that somebody makes up filters without end. */
export const pauseLimits = { pausesMax: 1_024 } as const;

export class PauseRules {
  #rules: readonly PauseRule[] = [];

  get list(): readonly PauseRule[] {
    return this.#rules;
  }

  /** False, and nothing is changed, if that made too many of them. */
  add(rule: PauseRule): boolean {
    const rules = [...this.#rules.filter((earlier) => !covers(rule, earlier)), rule];
    // What there is to resume was paused before.
    const from = rules.findIndex(({ command }) => command === "pause");
    const kept = from < 0 ? [] : rules.slice(from);
    if (kept.length > pauseLimits.pausesMax) return false;
    this.#rules = kept;
    return true;
  }

  /** Those that concern a worker with these tags, in order. */
  for(tags: readonly string[]): readonly PauseRule[] {
    return this.#rules.filter((rule) => matchesTags(rule.tags, tags));
  }

  isPaused(tags: readonly string[], task: string): boolean {
    const last = this.for(tags).findLast((rule) => rule.task === undefined || rule.task === task);
    return last?.command === "pause";
  }
}

/** Whether a worker has all of the tags that are asked for. */
export const matchesTags = (asked: readonly string[], tags: readonly string[]): boolean =>
  asked.every((tag) => tags.includes(tag));

const covers = (rule: PauseRule, earlier: PauseRule): boolean =>
  (rule.task === undefined || rule.task === earlier.task) && matchesTags(rule.tags, earlier.tags);
