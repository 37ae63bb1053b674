/**
 * How many pushed tasks of one name may be under way: in the pipe, or at a worker and not settled.
 *
 * A pipe gives its messages to whoever is connected, so what is sent early is what a worker that comes later does not get.
 * The window begins at two tasks per slot. It doubles whenever it was used up and the workers have nothing left all the same,
 * and grows when one of them has a free slot: then it is the window that they wait for. It halves while it holds more than two seconds' worth of work.
 */

/** Beyond this a window buys nothing: it is many times what a worker settles between two tallies. Raised: what a dying fleet takes along. */
const windowTasksMax = 65_536;
const reviewMs = 1_000;

/** What a window has just let out may still be on its way to the worker that says that it has a free slot. */
const arrivalMs = 50;

export class PushWindow {
  readonly name: string;
  /** Tasks that were put into the pipe. */
  sent = 0;
  /** Those of them that are over, as the tallies say. */
  over = 0;
  /** Those that nobody has, though nobody has settled them. */
  #writtenOff = 0;
  /** Two per slot that is there. */
  #tasksMin = 2;
  #tasks = 2;
  /** Something waited, and the window was full. */
  #wasFull = false;
  #reviewAt: number;
  #overAtReview = 0;
  #grownAt: number;

  constructor(name: string, now: number) {
    this.name = name;
    this.#grownAt = now;
    this.#reviewAt = now + reviewMs;
  }

  /** Tasks under way. */
  get inFlight(): number {
    return Math.max(0, this.sent - this.over - this.#writtenOff);
  }

  /** How many may be sent now. Asked only while some wait: 0 is held against the window when it empties. */
  get room(): number {
    const room = Math.max(0, this.#tasks - this.inFlight);
    if (room === 0) this.#wasFull = true;
    return room;
  }

  /** How many tasks it lets out in all. */
  get tasks(): number {
    return this.#tasks;
  }

  /** The slots of the workers that are there. */
  setSlots(now: number, slots: number): void {
    this.#tasksMin = Math.max(2, 2 * slots);
    if (this.#tasks >= this.#tasksMin) return;
    this.#tasks = this.#tasksMin;
    this.#grownAt = now;
    this.#wasFull = false;
  }

  /** So many tasks are over by now. A worker that was taken for gone and lives gives back what was written off. */
  settledUpTo(over: number): void {
    this.over = over;
    this.#writtenOff = Math.max(0, Math.min(this.#writtenOff, this.sent - over));
    if (!this.#wasFull || this.inFlight > 0) return;
    this.#wasFull = false;
    this.#tasks = Math.min(windowTasksMax, this.#tasks * 2);
  }

  /**
   * One worker has a free slot, whatever others have: what comes next may go to it. As much goes to the others, which may be
   * stuck, so it grows in small steps.
   */
  starved(now: number, slots: number): void {
    if (!this.#wasFull || now < this.#grownAt + arrivalMs) return;
    this.#wasFull = false;
    this.#grownAt = now;
    this.#tasks = Math.min(windowTasksMax, this.#tasks + slots);
  }

  /** Whatever is under way is not: nobody has it. Returns how many tasks that were. */
  writeOff(): number {
    const lost = this.inFlight;
    this.#writtenOff += lost;
    return lost;
  }

  /** Time passes. */
  review(now: number): void {
    if (now < this.#reviewAt) return;
    const settled = this.over - this.#overAtReview;
    const spanMs = now - this.#reviewAt + reviewMs;
    if (this.#tasks > (2 * settled * reviewMs) / spanMs)
      this.#tasks = Math.max(this.#tasksMin, Math.floor(this.#tasks / 2));
    this.#reviewAt = now + reviewMs;
    this.#overAtReview = this.over;
  }
}
