/**
 * Which tasks of one ventilator are paused here: the last command that names a task, or all of them, counts.
 *
 * Lives as long as the session. In a fresh one the ventilator says again what is paused: it may be another start of it,
 * which knows of no pause, and a worker must not stand still for one that nobody can lift.
 */
export class Pauses {
  #isAll = false;
  /** Tasks for which it is otherwise. */
  readonly #byTask = new Map<string, boolean>();

  /** `task` absent: all tasks, also those that were named before. */
  set(isPaused: boolean, task: string | undefined): void {
    if (task !== undefined) {
      this.#byTask.set(task, isPaused);
      return;
    }
    this.#isAll = isPaused;
    this.#byTask.clear();
  }

  clear(): void {
    this.set(false, undefined);
  }

  has(task: string): boolean {
    return this.#byTask.get(task) ?? this.#isAll;
  }
}
