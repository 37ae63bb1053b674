/** What is due when: a binary heap by time. Nothing is taken out of it before its time but by a sweep. */
export class TimeHeap<Entry extends { readonly at: number }> {
  #heap: Entry[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parentIndex = (index - 1) >>> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.at <= entry.at) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  /** The earliest entry, if it is due. */
  takeDue(now: number): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.at > now) return undefined;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  /** Leaves out what is of no use any more. */
  sweep(isOfUse: (entry: Entry) => boolean): void {
    const swept = this.#heap;
    this.#heap = [];
    for (const entry of swept) if (isOfUse(entry)) this.add(entry);
  }

  #sink(entry: Entry): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let childIndex = index * 2 + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && right.at < child.at) {
        child = right;
        childIndex += 1;
      }
      if (entry.at <= child.at) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = entry;
  }
}
