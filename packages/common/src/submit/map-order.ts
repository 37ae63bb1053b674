/** In which order a map yields what has ended, and which slot a task gets. */

export interface MapOrder {
  /** A free slot for the input at `index`; inputs are claimed in order, and no more than there are slots. */
  claim(index: number): number;
  /** The task in this slot has ended. */
  ended(slot: number): void;
  /** The slot to yield next; −1 if that one has not ended. The slot is free again. */
  next(): number;
}

/** As the inputs came. */
export class InputOrder implements MapOrder {
  readonly #hasEnded: Uint8Array;
  #nextSlot = 0;

  constructor(slots: number) {
    this.#hasEnded = new Uint8Array(slots);
  }

  claim(index: number): number {
    return index % this.#hasEnded.length;
  }

  ended(slot: number): void {
    this.#hasEnded[slot] = 1;
  }

  next(): number {
    const slot = this.#nextSlot;
    if (this.#hasEnded[slot] === 0) return -1;
    this.#hasEnded[slot] = 0;
    this.#nextSlot = slot + 1 === this.#hasEnded.length ? 0 : slot + 1;
    return slot;
  }
}

/** As the tasks ended. */
export class EndOrder implements MapOrder {
  readonly #free: Int32Array;
  #freeCount: number;
  /** Slots that have ended, oldest first, around the end of the array. */
  readonly #ended: Int32Array;
  #first = 0;
  #endedCount = 0;

  constructor(slots: number) {
    this.#free = Int32Array.from({ length: slots }, (_, slot) => slots - 1 - slot);
    this.#freeCount = slots;
    this.#ended = new Int32Array(slots);
  }

  claim(): number {
    this.#freeCount -= 1;
    return this.#free[this.#freeCount] ?? 0;
  }

  ended(slot: number): void {
    this.#ended[(this.#first + this.#endedCount) % this.#ended.length] = slot;
    this.#endedCount += 1;
  }

  next(): number {
    const slot = this.#ended[this.#first];
    if (this.#endedCount === 0 || slot === undefined) return -1;
    this.#endedCount -= 1;
    this.#first = this.#first + 1 === this.#ended.length ? 0 : this.#first + 1;
    this.#free[this.#freeCount] = slot;
    this.#freeCount += 1;
    return slot;
  }
}
