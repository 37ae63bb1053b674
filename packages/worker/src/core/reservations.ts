/**
 * Whose the worker is, when a ventilator wants it for itself: who has it, who waits, and when it is empty.
 *
 * A ventilator that looks for the task which killed a worker must know that nothing else runs beside its suspects, of no
 * other ventilator either. So from the first RESERVE on nothing is started: what waits is given back to whoever sent it,
 * and what arrives, too. When no handler runs any more, the first in line is told RESERVED, and only its tasks are taken
 * until it says RELEASE; then the next one has its turn. Giving back rather than keeping: what waits here would wait for
 * suspects that may take a quarter of an hour, while other workers could run it.
 *
 * Knows nothing of messages and attempts: what is to be done about them it asks of its host.
 */
export interface ReservationsHost {
  /** No handler runs. */
  isQuiet(): boolean;
  /** Gives back all attempts that wait for a slot. */
  giveBackQueued(): void;
  /** Who may be granted credit is another matter from now on. */
  changed(): void;
  /** Whether there is a session with this ventilator. */
  isThere(ventilator: number): boolean;
}

/** A place in the line. */
export interface Claim {
  /** Place of the ventilator among the worker's. */
  readonly ventilator: number;
  readonly reservation: number;
}

interface Place extends Claim {
  /** It was told RESERVED. */
  isReserved: boolean;
  /** Since when its ventilator has not been heard. */
  absentSince: number | undefined;
}

export class Reservations {
  readonly #host: ReservationsHost;
  /** How long a ventilator may be away before its place is given up. */
  readonly #absenceMsMax: number;
  #line: Place[] = [];
  #isClosed = false;

  constructor(host: ReservationsHost, absenceMsMax: number) {
    this.#host = host;
    this.#absenceMsMax = absenceMsMax;
  }

  /** Nobody wants the worker for itself: all ventilators' tasks may be started, pushed ones too. */
  get isFree(): boolean {
    return this.#line.length === 0;
  }

  /** Whether tasks of this ventilator are taken now. If not, they are given back, and it gets no credit. */
  takes(ventilator: number): boolean {
    const [first] = this.#line;
    return first === undefined || (first.isReserved && first.ventilator === ventilator);
  }

  /** Stands in line; at its end, also if the ventilator had a place already: so several of them get their turns. */
  reserve(claim: Claim): void {
    if (this.#isClosed) return;
    this.#line = this.#line.filter(({ ventilator }) => ventilator !== claim.ventilator);
    this.#line.push({ ...claim, isReserved: false, absentSince: undefined });
    this.#lineChanged();
  }

  /** Of another number than the last RESERVE's it changes nothing. */
  release(claim: Claim): void {
    this.#leave(
      ({ ventilator, reservation }) => ventilator === claim.ventilator && reservation === claim.reservation,
    );
  }

  /** The session with this ventilator is over. */
  forget(ventilator: number): void {
    this.#leave((place) => place.ventilator === ventilator);
  }

  /** The worker leaves: nobody gets it any more. */
  close(): void {
    this.#isClosed = true;
    this.#leave(() => true);
  }

  /** Who is to be told RESERVED now, once per reservation. */
  takeGranted(): Claim | undefined {
    const [first] = this.#line;
    if (first === undefined || first.isReserved) return undefined;
    if (!this.#host.isThere(first.ventilator) || !this.#host.isQuiet()) return undefined;
    first.isReserved = true;
    this.#host.changed();
    return first;
  }

  /** A ventilator that has vanished must not keep the worker from the others. */
  wake(now: number): void {
    for (const place of this.#line) {
      if (this.#host.isThere(place.ventilator)) place.absentSince = undefined;
      else place.absentSince ??= now;
    }
    this.#leave(({ absentSince }) => absentSince !== undefined && now - absentSince >= this.#absenceMsMax);
  }

  wakeAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const { absentSince } of this.#line) {
      if (absentSince !== undefined) at = Math.min(at, absentSince + this.#absenceMsMax);
    }
    return at;
  }

  #leave(leaves: (place: Place) => boolean): void {
    const stay = this.#line.filter((place) => !leaves(place));
    if (stay.length === this.#line.length) return;
    this.#line = stay;
    this.#lineChanged();
  }

  #lineChanged(): void {
    const [first] = this.#line;
    if (first !== undefined && !first.isReserved) this.#host.giveBackQueued();
    this.#host.changed();
  }
}
