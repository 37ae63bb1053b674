/**
 * How much of what one start of a ventilator has pushed was read here, and settled: what TALLY says. Counts are never reset,
 * for the ventilator compares them with what it has sent since its start.
 */

export class PushCounts {
  readonly #read: number[] = [];
  readonly #settled: number[] = [];
  /** Tasks of definitions that this worker has not. */
  strays = 0;
  /** Another one after each change. */
  version = 0;

  read(definition: number, tasks: number): void {
    this.#read[definition] = (this.#read[definition] ?? 0) + tasks;
    this.version += 1;
  }

  settled(definition: number, tasks: number): void {
    this.#settled[definition] = (this.#settled[definition] ?? 0) + tasks;
    this.version += 1;
  }

  strayed(tasks: number): void {
    this.strays += tasks;
    this.version += 1;
  }

  /** Flat triples, as TALLY has them. */
  triples(): number[] {
    return this.#read.flatMap((read, definition) => [definition, read, this.#settled[definition] ?? 0]);
  }
}
