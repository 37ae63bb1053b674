/**
 * A fault as data, so that it can be drawn up front, replayed, and made smaller: all kinds have the same few numbers, and
 * each reads them in its own way.
 */
import type { Configuration } from "./configuration.ts";
import type { World } from "./world.ts";

export interface PlannedFault {
  /** Name of the kind. */
  readonly kind: string;
  readonly atMs: number;
  readonly forMs: number;
  /** Whom it strikes: taken modulo the number of those it could strike. */
  readonly target: number;
  /** How hard, from 1 to 100. */
  readonly size: number;
}

export interface FaultKind {
  readonly name: string;
  /** Worlds in which it makes sense. Default: all. */
  readonly fits?: (configuration: Configuration) => boolean;
  strike(world: World, fault: PlannedFault): void;
}

/** The one that a fault strikes. */
export const victimOf = <T>(all: readonly T[], { target }: PlannedFault): T | undefined =>
  all[target % Math.max(1, all.length)];
