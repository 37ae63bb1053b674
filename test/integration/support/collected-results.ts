/** All results of a sink, by task, read and committed as fast as they come. */
import type { Result, Sink } from "@tq/sink";

export class CollectedResults {
  /** Each result that the loop was given, by task id: more than one is a broken promise. */
  readonly byId = new Map<string, Result[]>();
  /** Resolves when the sink closes. */
  readonly ended: Promise<void>;
  readonly #watchers = new Set<() => void>();

  constructor(sink: Sink) {
    this.ended = this.#read(sink);
  }

  get size(): number {
    return this.byId.size;
  }

  get all(): Result[] {
    return [...this.byId.values()].flat();
  }

  /** Ids that were given more than once. */
  get repeated(): string[] {
    return [...this.byId].filter(([, results]) => results.length > 1).map(([id]) => id);
  }

  only(taskId: string): Result {
    const [result, ...others] = this.byId.get(taskId) ?? [];
    if (result === undefined || others.length > 0) {
      throw new Error(
        `task ${taskId} has ${others.length + (result === undefined ? 0 : 1)} results, not one`,
      );
    }
    return result;
  }

  /** Resolves with the task's first result. */
  async of(taskId: string): Promise<Result> {
    for (;;) {
      const [result] = this.byId.get(taskId) ?? [];
      if (result !== undefined) return result;
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  /** Resolves when so many tasks have a result. */
  async until(tasks: number): Promise<void> {
    while (this.size < tasks) await new Promise<void>((resolve) => this.#watchers.add(resolve));
  }

  async #read(sink: Sink): Promise<void> {
    for await (const batch of sink.results().batches()) {
      for (const result of batch) {
        const known = this.byId.get(result.taskId);
        if (known === undefined) this.byId.set(result.taskId, [result]);
        else known.push(result);
      }
      for (const watcher of this.#watchers) watcher();
      this.#watchers.clear();
    }
  }
}
