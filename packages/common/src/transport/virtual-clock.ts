/**
 * A clock that stands still until it is stepped: discrete events in order of time, and of scheduling within one
 * instant. Thousands of simulated minutes pass in a real second, and a run depends on nothing but its seed.
 */
import type { Scheduler } from "./scheduler.ts";

interface Event {
  readonly at: number;
  /** Breaks ties: first scheduled, first run. */
  readonly order: number;
  readonly run: () => void;
}

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class VirtualClock implements Scheduler {
  /** A binary heap: the parent of `i` is `(i − 1) >> 1` and runs no later. */
  readonly #heap: Event[] = [];
  #now = 0;
  #scheduled = 0;

  now(): number {
    return this.#now;
  }

  schedule(at: number, run: () => void): void {
    this.#scheduled += 1;
    this.#insert({ at: Math.max(at, this.#now), order: this.#scheduled, run });
  }

  after(delayMs: number, run: () => void): void {
    this.schedule(this.#now + delayMs, run);
  }

  /** Instant of the next event; Infinity if nothing waits. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Moves to the next event and runs it. False if nothing waits. */
  step(): boolean {
    const next = this.#takeFirst();
    if (next === undefined) return false;
    this.#now = next.at;
    next.run();
    return true;
  }

  /** Runs everything up to and including the instant `at`, and stands there. */
  runUntil(at: number): void {
    while (this.nextAt <= at) this.step();
    this.#now = Math.max(this.#now, at);
  }

  #insert(event: Event): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isBefore(event, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = event;
  }

  #takeFirst(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  /** Puts `event` into the vacant root and lets it sink to its place. */
  #sink(event: Event): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const leftIndex = 2 * index + 1;
      const left = heap[leftIndex];
      if (left === undefined) break;
      const right = heap[leftIndex + 1];
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, event)) break;
      heap[index] = child;
      index = isRight ? leftIndex + 1 : leftIndex;
    }
    heap[index] = event;
  }
}
