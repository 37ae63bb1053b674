/**
 * A fault as data, so that it can be drawn up front, replayed, and made smaller: all kinds have the same few numbers, and
 * each reads them in its own way.
 */
import type { Configuration } from "./configuration.ts";
import type { Role } from "./role.ts";
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

/** The role that a fault strikes: each kind of role as often as the others, however many there are of it. */
export function struckRole(world: World, { target }: PlannedFault): Role | undefined {
  const kinds: readonly (readonly Role[])[] = [
    world.ventilators,
    world.sinks,
    world.workers,
    world.producers,
  ];
  const kind = kinds[target % kinds.length] ?? [];
  return kind[Math.floor(target / kinds.length) % Math.max(1, kind.length)];
}
