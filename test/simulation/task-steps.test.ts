/**
 * What is told of each task, under every fault: that it was accepted, each lease with a higher attempt, one commit at its sink,
 * and its end, once and as its owner was told. Whatever the network repeats or loses is told once or not at all.
 *
 * `TQ_SEEDS=from-to` runs other seeds; a failure names its seed, and the seed alone reproduces it.
 */
import { formatTaskId } from "@tq/common";
import type { TaskRunEvent } from "@tq/common/events";
import { idRun } from "@tq/common/protocol";
import { expect, test } from "vitest";
import { expectEachEndedOnce, isAnswered, isEnded, originsOf } from "./at-rest.ts";
import { Cluster } from "./cluster.ts";
import { seedRange } from "./seed-range.ts";
import { World } from "./world.ts";

const [firstSeed, lastSeed] = seedRange([1, 150]);

type Step = { readonly type: string; readonly attempt: number };

/** Steps of each task in the order they were told. */
function gather(into: Map<string, Step[]>): (steps: readonly TaskRunEvent[]) => void {
  return (steps) => {
    for (const { type, attempt, run } of steps) {
      const [origin, first, count] = run;
      for (let seq = first; seq < first + count; seq++) {
        const id = formatTaskId(origin, seq);
        const known = into.get(id);
        if (known === undefined) into.set(id, [{ type, attempt }]);
        else known.push({ type, attempt });
      }
    }
  };
}

function run(seed: number): { cluster: Cluster; steps: ReadonlyMap<string, readonly Step[]> } {
  const world = new World(seed);
  const steps = new Map<string, Step[]>();
  const [failure, death] = [world.chance(0.5) ? 0.2 : 0, world.chance(0.3) ? 0.02 : 0];
  const cluster = new Cluster(world, {
    ventilators: 1,
    sinks: 1,
    workers: world.between(1, 3),
    slots: world.between(1, 4),
    fate: () => {
      const afterMs = world.between(0, 20);
      if (world.chance(death)) return { afterMs, ends: "death" };
      if (world.chance(failure)) return { afterMs, ends: "failed", final: world.chance(0.3) };
      return { afterMs, ends: "completed" };
    },
    onSteps: gather(steps),
  });
  world.network.faults = {
    lose: world.random() * 0.05,
    duplicate: world.random() * 0.05,
    cut: world.random() * 0.02,
    delayMs: [0, world.between(1, 30)],
  };
  const submitter = cluster.localSubmitter(0, originsOf(0));
  for (const reply of ["sink", "answer"] as const) {
    cluster.submit(submitter, 25, { reply, batch: world.between(1, 25) });
    world.clock.after(world.between(1, 200), () => {
      const seq = submitter.next[reply] - 1;
      if (seq > 0) submitter.port.cancel(idRun(submitter.origins[reply], world.between(1, seq), 1));
    });
  }
  world.clock.after(2_000, () => world.network.rest());
  world.clock.runUntil(2_000);
  for (let until = 3_000; !isEnded(cluster) && until < 120_000; until += 1_000) world.clock.runUntil(until);
  return { cluster, steps };
}

const ends = new Set(["task.completed", "task.failed", "task.cancelled", "task.expired", "task.dead"]);

test("of every task it is told how it went, once and in order, over seeds", () => {
  let told = 0;
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    const { cluster, steps } = run(seed);
    expectEachEndedOnce(cluster, `seed ${seed}`);
    for (const [id, record] of cluster.records) {
      const path = steps.get(id) ?? [];
      const what = `seed ${seed}, task ${id}: ${path.map(({ type, attempt }) => `${type}#${attempt}`).join(" ")}`;
      const ofVentilator = path.filter(({ type }) => type !== "task.committed");
      const leases = ofVentilator.slice(1, -1);
      expect(ofVentilator[0], what).toEqual({ type: "task.accepted", attempt: 0 });
      expect(
        leases.map(({ type }) => type),
        what,
      ).toEqual(leases.map(() => "task.leased"));
      for (const [index, { attempt }] of leases.entries())
        expect(attempt, what).toBeGreaterThan(leases[index - 1]?.attempt ?? 0);
      const end = ofVentilator.at(-1);
      expect(ends, what).toContain(end?.type);
      expect(end?.attempt, what).toBe(leases.at(-1)?.attempt ?? 0);
      const outcome = isAnswered(id) ? record.answered[0] : record.settled[0];
      expect(end?.type, what).toBe(`task.${outcome}`);
      const commits = path.length - ofVentilator.length;
      expect(commits, what).toBe(isAnswered(id) ? 0 : 1);
      told += 1;
    }
  }
  expect(told).toBe((lastSeed - firstSeed + 1) * 50);
});
