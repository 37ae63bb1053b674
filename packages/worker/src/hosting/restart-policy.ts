/**
 * When a worker's process that died is started again, and when that is given up.
 *
 * A single death is nearly always a poisonous task, which the ventilator takes out of the way by itself: so the first
 * restart is quick. Deaths in a row mean that the program or the machine is broken: they are spaced out, up to a limit,
 * beyond which going on would only hide it from whoever watches the command. systemd gives up after 5 starts in 10 s,
 * which would be 5 poisonous tasks; Kubernetes never does, but waits 5 minutes.
 */

export interface RestartLimits {
  readonly firstDelayMs: number;
  readonly delayMsMax: number;
  /** A process that lived longer starts the count anew. */
  readonly soundAfterMs: number;
  /** Deaths in a row, each sooner than `soundAfterMs`, beyond which there is no restart. */
  readonly deathsMax: number;
}

export const defaultRestartLimits: RestartLimits = {
  firstDelayMs: 100,
  delayMsMax: 10_000,
  soundAfterMs: 30_000,
  // With the delays above: a bit under three minutes.
  deathsMax: 20,
};

/** Pure; one per process slot. */
export class RestartPolicy {
  readonly #limits: RestartLimits;
  #deaths = 0;

  constructor(limits: RestartLimits = defaultRestartLimits) {
    this.#limits = limits;
  }

  /** Deaths in a row. */
  get deaths(): number {
    return this.#deaths;
  }

  /** How long to wait before the next start, or undefined to give up. */
  died(livedMs: number): number | undefined {
    const { firstDelayMs, delayMsMax, soundAfterMs, deathsMax } = this.#limits;
    this.#deaths = livedMs >= soundAfterMs ? 1 : this.#deaths + 1;
    if (this.#deaths > deathsMax) return undefined;
    return Math.min(delayMsMax, firstDelayMs * 2 ** (this.#deaths - 1));
  }
}
