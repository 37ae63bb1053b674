/** Lets a blow of the plan fall on a fleet, and keeps count. */
import type { Role } from "../processes/role-options.ts";
import type { Fleet } from "./fleet.ts";
import type { Strike } from "./plan.ts";

/** What fell, and what fell on nobody because its target was down. */
export interface Blows {
  readonly kills: { [role in Role]?: number };
  readonly kinds: { [kind in Strike["kind"]]?: number };
  missed: number;
}

/** Resolves when it has fallen, not when it is over. */
export async function strike(fleet: Fleet, blow: Strike, blows: Blows): Promise<void> {
  const { kind } = blow;
  if ("target" in blow) {
    const { target } = blow;
    if (fleet.running(target) === undefined) {
      blows.missed += 1;
      return;
    }
    if (blow.kind === "kill") {
      await fleet.kill(target, blow.downMs);
      blows.kills[target.role] = (blows.kills[target.role] ?? 0) + 1;
    } else fleet.stop(target, blow.ms);
  } else strikeLink(fleet, blow);
  blows.kinds[kind] = (blows.kinds[kind] ?? 0) + 1;
}

function strikeLink(fleet: Fleet, blow: Extract<Strike, { readonly link: unknown }>): void {
  const proxy = fleet.link(blow.link);
  switch (blow.kind) {
    case "stall":
      proxy.pause();
      return fleet.later(blow.ms, () => proxy.resume());
    case "stall onward":
    case "stall back":
      proxy.pause(blow.kind === "stall onward" ? "onward" : "back");
      return fleet.later(blow.ms, () => proxy.resume());
    case "delay":
      proxy.delay(blow.delayMs);
      return fleet.later(blow.ms, () => proxy.delay(0));
    case "reset":
      return proxy.cut();
    case "hang up":
      return proxy.hangUp();
    case "lose target":
      return proxy.loseTarget();
    case "flip onward":
    case "flip back":
      return proxy.flip(blow.kind === "flip onward" ? "onward" : "back");
  }
}
