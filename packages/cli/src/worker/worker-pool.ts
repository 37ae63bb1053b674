/**
 * The processes of one `tq worker`: one name and one fate for all.
 */
import type { TqError } from "@tq/common";
import type { TqLogger } from "@tq/common/node";
import type { LoadedFile } from "../dev/loaded-files.ts";
import type { WorkerReady, WorkerSettings } from "./worker-messages.ts";
import { WorkerSlot } from "./worker-slot.ts";

export interface WorkerPoolSurroundings {
  readonly log: TqLogger;
  /** What a process in `tq dev` has loaded. */
  readonly onLoaded?: (files: readonly LoadedFile[]) => void;
}

export class WorkerPool {
  readonly #slots: readonly WorkerSlot[];
  readonly #ready = Promise.withResolvers<WorkerReady>();
  readonly #ended = Promise.withResolvers<void>();

  constructor(processes: number, settings: WorkerSettings, surroundings: WorkerPoolSurroundings) {
    const { log, onLoaded = () => {} } = surroundings;
    const waitingFor = new Set(Array.from({ length: processes }, (_, index) => index + 1));
    const staying = new Set(waitingFor);
    let lost: TqError | undefined;
    // A failure before "ready" is met there.
    this.#ended.promise.catch(() => {});
    this.#ready.promise.catch(() => {});
    this.#slots = [...waitingFor].map(
      (number) =>
        new WorkerSlot({
          number,
          settings: { ...settings, name: nameOf(settings.name, number, processes) },
          log,
          onReady: (ready) => {
            waitingFor.delete(number);
            if (waitingFor.size === 0) this.#ready.resolve(ready);
          },
          onLoaded,
          onLeft: (error) => {
            staying.delete(number);
            lost ??= error;
            // The others may still finish what they run.
            if (staying.size > 0) return;
            if (lost === undefined) this.#ended.resolve();
            else this.#fail(lost);
          },
          onFailed: (error) => this.#fail(error),
        }),
    );
  }

  /** Resolves with the ventilators' endpoints and the tasks when every process has loaded its handlers. */
  get ready(): Promise<WorkerReady> {
    return this.#ready.promise;
  }

  /** Rejects when a process cannot go on. Resolves when the pool is drained, by whomever. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Resolves when all processes are gone. */
  async drain({ timeoutMs }: { timeoutMs: number }): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.drain(timeoutMs)));
    this.#ended.resolve();
  }

  /** As a short drain: what runs gets a second. */
  close(): Promise<void> {
    return this.drain({ timeoutMs: 1_000 });
  }

  /** At once: for a process that ends itself. */
  kill(): void {
    for (const slot of this.#slots) slot.kill();
  }

  #fail(error: TqError): void {
    this.#ready.reject(error);
    this.#ended.reject(error);
  }
}

/** What peers and logs call a process: the name given, told apart by number where there are several. */
function nameOf(name: string | undefined, number: number, processes: number): string | undefined {
  return name === undefined || processes === 1 ? name : `${name}/${number}`;
}
