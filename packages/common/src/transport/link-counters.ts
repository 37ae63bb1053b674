import type { LinkStats } from "./link.ts";

/** What a link counts. */
export class LinkCounters {
  sent = 0;
  received = 0;
  dropped = 0;

  count(isTaken: boolean): void {
    if (isTaken) this.sent += 1;
    else this.dropped += 1;
  }

  snapshot(): LinkStats {
    return { sent: this.sent, received: this.received, dropped: this.dropped };
  }
}
