/**
 * Random numbers of a simulated world, in streams of their own: what one stream draws more or less changes nothing in the
 * others. So a plan with one fault less still meets the same workload, and a change of the workload the same disk.
 */
import { seededRandom } from "@tq/common/transport";

export class RandomStream {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  /** A whole number in `[from, to]`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  anyOf<T>(all: readonly T[]): T | undefined {
    return all[this.between(0, all.length - 1)];
  }

  /** One of two or more values that are known here. */
  pick<T>(first: T, ...others: readonly T[]): T {
    return this.anyOf([first, ...others]) ?? first;
  }
}

export interface RandomStreams {
  readonly configuration: RandomStream;
  readonly plan: RandomStream;
  readonly workload: RandomStream;
  readonly network: RandomStream;
  readonly disk: RandomStream;
  readonly crashes: RandomStream;
  /** What the cores draw themselves, for jitter. */
  readonly cores: RandomStream;
}

export function createRandomStreams(seed: number): RandomStreams {
  // Far apart, so that neighbouring seeds share no stream.
  const streamOf = (place: number): RandomStream => new RandomStream(seed * 31 + place * 1_000_003);
  return {
    configuration: streamOf(0),
    plan: streamOf(1),
    workload: streamOf(2),
    network: streamOf(3),
    disk: streamOf(4),
    crashes: streamOf(5),
    cores: streamOf(6),
  };
}
