/** What happens to single messages by itself. Probabilities are per message. */
import type { RandomStream } from "../random-streams.ts";

export interface Noise {
  /** It vanishes. */
  readonly lose: number;
  /** It arrives twice: no carrier of tq does this, and nothing may depend on that. */
  readonly duplicate: number;
  /** It is overtaken by later ones: the same. */
  readonly reorder: number;
  /** Its connection is cut. */
  readonly cut: number;
  readonly delayMs: readonly [min: number, max: number];
}

export const silence: Noise = { lose: 0, duplicate: 0, reorder: 0, cut: 0, delayMs: [0, 0] };

/** Of several at once, the worst of each. */
export function worstOf(noises: Iterable<Noise>): Noise {
  let worst = silence;
  for (const noise of noises) {
    worst = {
      lose: Math.max(worst.lose, noise.lose),
      duplicate: Math.max(worst.duplicate, noise.duplicate),
      reorder: Math.max(worst.reorder, noise.reorder),
      cut: Math.max(worst.cut, noise.cut),
      delayMs: worst.delayMs[1] >= noise.delayMs[1] ? worst.delayMs : noise.delayMs,
    };
  }
  return worst;
}

/** Draws only where something can happen, so that a fault that is off changes no other's draws. */
export const strikes = (random: RandomStream, probability: number): boolean =>
  probability > 0 && random.chance(probability);
