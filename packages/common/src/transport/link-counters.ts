import type { LinkStats } from "./link.ts";

/** What a link counts. */
export class LinkCounters {
  #sent = 0;
  #received = 0;
  #dropped = 0;

  /** One was handed over, or could not be. */
  countSend(isTaken: boolean): void {
    if (isTaken) this.#sent += 1;
    else this.#dropped += 1;
  }

  countReceived(): void {
    this.#received += 1;
  }

  /** One that was counted as sent turns out to be dropped. */
  countRefusal(): void {
    this.#sent -= 1;
    this.#dropped += 1;
  }

  snapshot(): LinkStats {
    return { sent: this.#sent, received: this.#received, dropped: this.#dropped };
  }
}
