/**
 * What happens to whom and when: drawn from a seed before anything starts, so that a seed stands for the same blows. What
 * comes of them is up to real processes, and differs from run to run.
 */
import { seededRandom } from "@tq/common/transport";
import type { Role } from "../processes/role-options.ts";
import type { FleetSize } from "./fleet-size.ts";

/** Which process, counted from 0 within its role. */
export interface Target {
  readonly role: Role;
  readonly place: number;
}

/** A way between processes on which blows fall: to a sink, or to a ventilator from workers or producers. */
export interface LinkTarget {
  readonly to: "sink" | "workers" | "producers";
  readonly place: number;
}

export type Strike =
  /** SIGKILL, and another start `downMs` later. */
  | { readonly kind: "kill"; readonly target: Target; readonly downMs: number }
  /** SIGSTOP, and SIGCONT after `ms`. */
  | { readonly kind: "stop"; readonly target: Target; readonly ms: number }
  /** Nothing passes, both ways or one. */
  | { readonly kind: "stall" | "stall onward" | "stall back"; readonly link: LinkTarget; readonly ms: number }
  | { readonly kind: "delay"; readonly link: LinkTarget; readonly ms: number; readonly delayMs: number }
  /** Connections end: by reset, in order, or for one end only. */
  | { readonly kind: "reset" | "hang up" | "lose target"; readonly link: LinkTarget }
  /** The next messages are damaged. */
  | { readonly kind: "flip onward" | "flip back"; readonly link: LinkTarget };

export type TimedStrike = Strike & { readonly atMs: number };

/** What a run may draw from, by weight. */
const weights: readonly (readonly [kind: Strike["kind"], weight: number])[] = [
  ["kill", 8],
  ["stop", 4],
  ["stall", 2],
  ["stall onward", 1],
  ["stall back", 1],
  ["delay", 2],
  ["reset", 3],
  ["hang up", 2],
  ["lose target", 1],
  ["flip onward", 1],
  ["flip back", 1],
];

/** Between two blows, on the average. */
const meanGapMs = 700;

/** Blows begin when work is under way. */
const firstAtMs = 1_000;

export interface PlanOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly size: FleetSize;
  /** Who may be killed. */
  readonly killable: readonly Role[];
}

export function drawPlan({ seed, durationMs, size, killable }: PlanOptions): TimedStrike[] {
  const random = seededRandom(seed);
  const between = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const roleTarget = (roles: readonly Role[]): Target => {
    const all = roles.flatMap((role) => Array.from({ length: size[role] }, (_, place) => ({ role, place })));
    return all[between(0, all.length - 1)] ?? { role: "worker", place: 0 };
  };
  const linkTarget = (): LinkTarget => {
    const to = (["sink", "workers", "producers"] as const)[between(0, 2)] ?? "sink";
    return { to, place: between(0, size[to === "sink" ? "sink" : "ventilator"] - 1) };
  };
  const draw = (): Strike => {
    const kind = drawKind(random);
    switch (kind) {
      case "kill":
        return { kind, target: roleTarget(killable), downMs: between(0, 1_500) };
      case "stop":
        return {
          kind,
          target: roleTarget(["ventilator", "worker", "sink", "producer"]),
          ms: between(100, 4_000),
        };
      case "stall":
      case "stall onward":
      case "stall back":
        return { kind, link: linkTarget(), ms: between(100, 4_000) };
      case "delay":
        return { kind, link: linkTarget(), ms: between(500, 5_000), delayMs: between(5, 150) };
      default:
        return { kind, link: linkTarget() };
    }
  };
  const strikes: TimedStrike[] = [];
  for (let atMs = firstAtMs; atMs < durationMs; atMs += between(0, 2 * meanGapMs)) {
    strikes.push({ ...draw(), atMs });
  }
  return strikes;
}

function drawKind(random: () => number): Strike["kind"] {
  let left = random() * weights.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of weights) {
    left -= weight;
    if (left < 0) return kind;
  }
  return "reset";
}
