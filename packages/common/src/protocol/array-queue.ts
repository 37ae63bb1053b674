/**
 * First in, first out, in an array: `shift` of an array costs its length.
 *
 * What has left is forgotten at once, not when the array is cut: it may hold megabytes.
 */

/** Places of members that have left, at least, before the array is cut. */
const holesMin = 64;

export class ArrayQueue<Member> {
  #members: (Member | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#members.length - this.#head;
  }

  push(member: Member): void {
    this.#members.push(member);
  }

  /** The first member, left where it is. */
  peek(): Member | undefined {
    return this.#members[this.#head];
  }

  shift(): Member | undefined {
    if (this.length === 0) return undefined;
    const member = this.#members[this.#head];
    this.#members[this.#head] = undefined;
    this.#head += 1;
    if (this.#head >= holesMin && this.#head * 2 >= this.#members.length) {
      this.#members = this.#members.slice(this.#head);
      this.#head = 0;
    }
    return member;
  }

  /** All members, in order; it is empty afterwards. */
  take(): readonly Member[] {
    const members = this.#members.slice(this.#head) as Member[];
    this.#members = [];
    this.#head = 0;
    return members;
  }
}
