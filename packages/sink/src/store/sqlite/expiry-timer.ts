/**
 * Lets results go when their time is over, a step at a time, so that a million of them never hold up a commit. That a consumer
 * had not read them keeps nothing here, or one that is forgotten would fill the disk; but it is told. Only who keeps account of
 * what it has done, and is at it, is waited for: a file of all results would have a gap.
 */

/** Results that were gone before a consumer had them. */
export interface ExpiredUnread {
  readonly consumer: string;
  /** Empty: of all that the consumer has no loop over a definition for. */
  readonly task: string;
  /** So far. */
  readonly count: number;
}

export interface ExpiryHost {
  /** The number of the oldest result, and when it was committed, in milliseconds of the wall clock. */
  oldest(): { readonly n: number; readonly at: number } | undefined;
  /** What comes after this number is waited for. */
  heldAfter(): number;
  expire(
    which: { readonly before: number; readonly through: number },
    answered: (isWritten: boolean) => void,
  ): void;
  unread(): readonly ExpiredUnread[];
  tell(unread: ExpiredUnread): void;
}

const everyMsMax = 60_000;
/** Between two steps while there is more to do. */
const stepMs = 20;
/** From a full disk to the next try: not together with the sink's own, which it is to make room for. */
const fullRetryMs = 450;
/** From results that are waited for to the next look. */
const heldRetryMs = 1_000;
/** Between two words about the same consumer. */
const tellEveryMs = 60_000;

export class ExpiryTimer {
  readonly #keepForMs: number;
  readonly #host: ExpiryHost;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  readonly #told = new Map<string, { readonly at: number; readonly count: number }>();

  constructor(keepForMs: number, host: ExpiryHost) {
    this.#keepForMs = keepForMs;
    this.#host = host;
    const at = Number.NEGATIVE_INFINITY;
    for (const { consumer, task, count } of host.unread())
      this.#told.set(`${consumer}\n${task}`, { at, count });
    this.#wait(0);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#step(), ms);
    // Only a sink that runs is a reason to go on.
    this.#timer.unref();
  }

  #step(): void {
    const before = Date.now() - this.#keepForMs;
    const oldest = this.#host.oldest();
    if (oldest === undefined || oldest.at >= before) {
      const due = oldest === undefined ? this.#keepForMs : oldest.at - before;
      return this.#wait(Math.min(everyMsMax, due + 1));
    }
    const through = this.#host.heldAfter();
    if (oldest.n > through) return this.#wait(heldRetryMs);
    this.#host.expire({ before, through }, (isWritten) => {
      if (this.#isStopped) return;
      if (isWritten) this.#tellUnread();
      this.#wait(isWritten ? stepMs : fullRetryMs);
    });
  }

  #tellUnread(): void {
    const now = performance.now();
    for (const unread of this.#host.unread()) {
      const key = `${unread.consumer}\n${unread.task}`;
      const told = this.#told.get(key);
      if (told !== undefined && (unread.count === told.count || now - told.at < tellEveryMs)) continue;
      this.#told.set(key, { at: now, count: unread.count });
      this.#host.tell(unread);
    }
  }
}
