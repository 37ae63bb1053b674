/**
 * A queue whose members carry the link to the next one, so that joining and leaving costs no memory.
 *
 * A member is in at most one such queue at a time; that is its owner's to keep.
 */

export interface Linked<Member> {
  next: Member | undefined;
}

export class Fifo<Member extends Linked<Member>> {
  #head: Member | undefined;
  #tail: Member | undefined;

  get isEmpty(): boolean {
    return this.#head === undefined;
  }

  push(member: Member): void {
    member.next = undefined;
    if (this.#tail === undefined) this.#head = member;
    else this.#tail.next = member;
    this.#tail = member;
  }

  /** Puts a member before all others. */
  unshift(member: Member): void {
    member.next = this.#head;
    this.#head = member;
    this.#tail ??= member;
  }

  /** The first member, left where it is. */
  peek(): Member | undefined {
    return this.#head;
  }

  shift(): Member | undefined {
    const member = this.#head;
    if (member === undefined) return undefined;
    this.#head = member.next;
    if (this.#head === undefined) this.#tail = undefined;
    member.next = undefined;
    return member;
  }
}
