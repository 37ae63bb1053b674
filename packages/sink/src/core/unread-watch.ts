/**
 * Notices results that no loop reads: their definition's credit stops, its workers fill up, and without a word nobody
 * would know why. Told once after a while, then after 1, 2, 4, … minutes.
 */
import type { Inbox } from "./inbox.ts";

const minuteMs = 60_000;

interface Neglect {
  readonly since: number;
  tellAt: number;
  nextMs: number;
}

export class UnreadWatch {
  readonly #neglected = new Map<Inbox, Neglect>();
  readonly #afterMs: number;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** Results wait here and nobody reads them. */
  watch(now: number, inbox: Inbox): void {
    if (this.#neglected.has(inbox)) return;
    this.#neglected.set(inbox, { since: now, tellAt: now + this.#afterMs, nextMs: minuteMs });
  }

  /** Tells of each one that is due and still neglected. */
  wake(
    now: number,
    isUnread: (inbox: Inbox) => boolean,
    tell: (inbox: Inbox, unreadMs: number) => void,
  ): void {
    for (const [inbox, neglect] of this.#neglected) {
      if (!isUnread(inbox)) this.#neglected.delete(inbox);
      else if (neglect.tellAt <= now) {
        tell(inbox, now - neglect.since);
        while (neglect.tellAt <= now) {
          neglect.tellAt = neglect.since + neglect.nextMs;
          neglect.nextMs *= 2;
        }
      }
    }
  }

  wakeAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const { tellAt } of this.#neglected.values()) at = Math.min(at, tellAt);
    return at;
  }
}
