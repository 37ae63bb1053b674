/**
 * One direction pair of a session: numbers what leaves, orders what arrives, repeats what was not acknowledged.
 *
 * Go-back-N with a cumulative acknowledgement. Links keep order within a connection, so a gap means a cut or a loss,
 * which are rare: selective repeat would buy nothing and cost a table. What comes after a gap is dropped and comes again.
 *
 * A loss is believed only on evidence: a heartbeat that still does not know of a message which was sent before an *earlier*
 * one came in, although twice the way there and back lies between the two, and nothing was acknowledged in between. A peer
 * that is merely stuck gets nothing twice, however long it takes; nor does one far away, whose heartbeats lag behind what is
 * on its way to it, and follow each other closely where they serve as acknowledgements. (With less to go by, what is sent
 * twice is acknowledged twice, by heartbeats that look like more evidence: over a way of 100 ms each message left four times.)
 */
import type { NumberedContent } from "../wire/index.ts";

/** Unacknowledged messages per direction: half of a link's high-water mark, so that a pipe is never full. */
export const streamWindowMessages = 32;

/** A receiver that has nothing to say acknowledges at least this often, in messages. */
export const acknowledgeEveryMessages = streamWindowMessages / 4;

/** A heartbeat that comes so many round trips after another one knows of all that was sent before that one came. */
const roundTripsOfPatience = 2;

/** No way is so long: a message that was acknowledged so late met a peer that was stuck. */
const patienceMsMax = 5_000;

export type Arrival = "next" | "duplicate" | "gap";

export class ReliableStream {
  /** Highest number received in order. */
  received = 0;
  #unacknowledged: NumberedContent[] = [];
  #sentAt: number[] = [];
  /** Number of the newest message known to have arrived. */
  #acknowledged = 0;
  #sentThrough = 0;
  /** When the heartbeat came in that later ones are held against. */
  #watchedFrom = Number.NEGATIVE_INFINITY;
  #hasProgressed = false;
  /** Up to here messages have left more than once: their acknowledgements do not tell how long the way is. */
  #repeatedThrough = 0;
  /** The way there and back: of late the shortest, as an acknowledgement may have waited for company. */
  #roundTripMs = 0;
  #acknowledgementsOwed = 0;

  /** Highest number given out. */
  get sent(): number {
    return this.#acknowledged + this.#unacknowledged.length;
  }

  /** Whether another message would leave at once. Big messages wait for this; small ones may queue. */
  get hasRoom(): boolean {
    return this.#unacknowledged.length < streamWindowMessages;
  }

  get isAcknowledgementDue(): boolean {
    return this.#acknowledgementsOwed >= acknowledgeEveryMessages;
  }

  /** What the other side may not have: for a core whose session has ended. */
  get unacknowledged(): readonly NumberedContent[] {
    return this.#unacknowledged;
  }

  add(content: NumberedContent): void {
    this.#unacknowledged.push(content);
  }

  /** Gives each message that may leave now to `transmit`, with its number. */
  pump(now: number, transmit: (number: number, content: NumberedContent) => void): void {
    const limit = Math.min(this.#unacknowledged.length, streamWindowMessages);
    for (let index = this.#sentThrough - this.#acknowledged; index < limit; index++) {
      const content = this.#unacknowledged[index];
      if (content === undefined) return;
      this.#sentThrough += 1;
      this.#sentAt[index] = now;
      transmit(this.#acknowledged + index + 1, content);
    }
  }

  /** The other side has everything up to `received`. Numbers never given out are ignored: they are a peer's slip. */
  acknowledge(now: number, received: number): void {
    const count = Math.min(received, this.#sentThrough) - this.#acknowledged;
    if (count <= 0) return;
    if (this.#acknowledged + count > this.#repeatedThrough)
      this.#measure(now - (this.#sentAt[count - 1] ?? now));
    this.#unacknowledged.splice(0, count);
    this.#sentAt.splice(0, count);
    this.#acknowledged += count;
    this.#hasProgressed = true;
  }

  /** Call after `acknowledge` with a heartbeat's figure. True if something was lost and will be sent again. */
  heartbeatArrived(now: number): boolean {
    const oldestSentAt = this.#sentThrough > this.#acknowledged ? this.#sentAt[0] : undefined;
    const isOverdue = oldestSentAt !== undefined && oldestSentAt < this.#watchedFrom && !this.#hasProgressed;
    const patienceMs = Math.min(roundTripsOfPatience * this.#roundTripMs, patienceMsMax);
    if (isOverdue && now - this.#watchedFrom < patienceMs) return false;
    this.#watchedFrom = now;
    this.#hasProgressed = false;
    if (isOverdue) this.rewind();
    return isOverdue;
  }

  /** Everything unacknowledged is to be sent again: after a resume, or a loss. */
  rewind(): void {
    this.#repeatedThrough = Math.max(this.#repeatedThrough, this.#sentThrough);
    this.#sentThrough = this.#acknowledged;
  }

  arrive(number: number): Arrival {
    this.#acknowledgementsOwed += 1;
    if (number <= this.received) return "duplicate";
    if (number > this.received + 1) return "gap";
    this.received = number;
    return "next";
  }

  /** Whatever was just sent carried `received`. */
  acknowledgementSent(): void {
    this.#acknowledgementsOwed = 0;
  }

  /** Down at once; up slowly, for a way that has really become longer. */
  #measure(sampleMs: number): void {
    const isFirst = this.#roundTripMs === 0;
    const isShorter = isFirst || sampleMs < this.#roundTripMs;
    this.#roundTripMs = isShorter ? sampleMs : this.#roundTripMs + (sampleMs - this.#roundTripMs) / 8;
  }
}
