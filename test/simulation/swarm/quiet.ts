/**
 * A world without work says only heartbeats, as often as they are due, and no timer fires for nothing. What was counted of
 * pushed tasks is repeated with them.
 */
import { timing } from "./timing.ts";
import type { World } from "./world.ts";

const name = "quiet means heartbeats";
/** Low marks are told once a second, and windows grow back. */
const calmMs = 2_500;
const watchMs = 2_000;

export function checkQuiet(world: World): void {
  world.runUntil(world.clock.now() + calmMs);
  const said = new Map<string, number>();
  world.observers.push({
    said: ({ message: { verb } }) => void said.set(verb, (said.get(verb) ?? 0) + 1),
  });
  world.wakes = 0;
  world.runUntil(world.clock.now() + watchMs);
  world.observers.pop();
  const others = [...said].filter(([verb]) => verb !== "HEARTBEAT" && verb !== "TALLY");
  if (others.length > 0)
    world.violated(name, `said although there is nothing to do: ${JSON.stringify(others)}`);
  const beats = said.get("HEARTBEAT") ?? 0;
  const beatsMax = 2 * world.network.clients.size * (watchMs / timing.heartbeatMs) + 20;
  const tallies = said.get("TALLY") ?? 0;
  if (tallies > beats) world.violated(name, `${tallies} TALLYs with ${beats} heartbeats`);
  if (beats > beatsMax) world.violated(name, `${beats} heartbeats, at most ${beatsMax} are due`);
  const alive = world.roles.filter(({ process }) => process.isAlive).length;
  const wakesMax = beats + (alive * watchMs * 8) / 1_000;
  if (world.wakes > wakesMax) world.violated(name, `${world.wakes} wakes, at most ${wakesMax} are due`);
}
