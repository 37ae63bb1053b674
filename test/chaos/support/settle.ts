/** The time after the last blow: nothing is in the way any more, producers finish, and everything accepted is to end. */
import { setTimeout as pause } from "node:timers/promises";
import type { Fleet } from "./fleet.ts";

/** A gone sink's share waits 30 s before it moves. */
export const settleMs = 90_000;
const lookMs = 250;

/** Heals all, and gives what is left when the time is over, in words; nothing when all has settled. */
export async function settle(fleet: Fleet): Promise<string> {
  await fleet.heal();
  const finished = Promise.all(fleet.all("producer").map((child) => child.finish()));
  const timeout = new AbortController();
  const late = pause(settleMs, "late" as const, { signal: timeout.signal }).catch(() => "late" as const);
  const deadline = performance.now() + settleMs;
  const first = await Promise.race([finished.then(() => "finished" as const), late]);
  timeout.abort();
  if (first === "late") return "producers wait for submissions";
  // What is said by now may be of before the last submissions, and the next word may be on its way already.
  const told = fleet.all("ventilator").map((child) => ({ child, news: child.told + 2 }));
  for (;;) {
    const isNew = told.every(({ child, news }) => child.told >= news);
    if (isNew && fleet.now("ventilator", "unsettled") === 0) return "";
    if (performance.now() > deadline) {
      return `ventilators ${JSON.stringify(fleet.all("ventilator").map(({ counts }) => counts))}, workers ${JSON.stringify(
        fleet.all("worker").map(({ counts }) => counts),
      )}`;
    }
    await pause(lookMs);
  }
}
