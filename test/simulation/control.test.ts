/**
 * Commands to workers, where workers die, drain and come anew: what is paused is not started, and nothing is lost by it.
 *
 * `TQ_SEEDS=from-to` runs other seeds; a failure names its seed, and the seed alone reproduces it.
 */
import type { ControlCommand } from "@tq/common/wire";
import { expect, test } from "vitest";
import type { ControlReport } from "../../packages/ventilator/src/core/controls.ts";
import { expectAtRest, expectEachEndedOnce, expectQuiet, isEnded, originsOf } from "./at-rest.ts";
import { Cluster, type Fate } from "./cluster.ts";
import { seedRange } from "./seed-range.ts";
import { World } from "./world.ts";

const [firstSeed, lastSeed] = seedRange([1, 20]);

const definitions = ["work", "play"];
const untilMs = 4_000;

interface Pause {
  /** Everybody who was there has confirmed. */
  isConfirmed: boolean;
}

/** What the first ventilator has paused, by the name of the tasks, and what was started although it was confirmed. */
class PauseCheck {
  readonly #pauses = new Map<string, Pause>();
  readonly broken: string[] = [];

  give(cluster: Cluster, command: ControlCommand, task: string | undefined): void {
    const { core, node } = cluster.ventilator();
    node.after(0, () => {
      const names = task === undefined ? definitions : [task];
      const pause: Pause = { isConfirmed: false };
      if (command !== "drain") for (const name of names) this.#pauses.delete(name);
      if (command === "pause") for (const name of names) this.#pauses.set(name, pause);
      const request = { command, task: command === "drain" ? undefined : task, tags: [], timeoutMs: 1_000 };
      core.control(cluster.world.clock.now(), request, ({ unconfirmed }: ControlReport) => {
        pause.isConfirmed = unconfirmed.length === 0;
      });
    });
  }

  started({ ventilator, definition, seq }: { ventilator: number; definition: number; seq: number }): void {
    const name = definitions[definition] ?? "";
    if (ventilator === 0 && this.#pauses.get(name)?.isConfirmed === true) this.broken.push(`${name} ${seq}`);
  }
}

const commandAll = (cluster: Cluster, check: PauseCheck): void => {
  const { world } = cluster;
  for (let count = world.between(4, 12); count > 0; count--) {
    const command = (["pause", "pause", "resume", "drain"] as const)[world.between(0, 3)] ?? "pause";
    const task = [undefined, ...definitions][world.between(0, 2)];
    world.clock.schedule(world.between(0, untilMs), () => check.give(cluster, command, task));
  }
  world.clock.schedule(untilMs + 1, () => check.give(cluster, "resume", undefined));
};

const simulate = (seed: number, death: number): { cluster: Cluster; check: PauseCheck } => {
  const world = new World(seed);
  const check = new PauseCheck();
  const fate = (): Fate => ({
    afterMs: world.between(0, 30),
    ends: world.chance(death) ? "death" : "completed",
  });
  const cluster = new Cluster(world, {
    ventilators: world.between(1, 2),
    sinks: 1,
    workers: world.between(1, 3),
    slots: world.between(1, 4),
    definitions,
    fate: (attempt) => {
      check.started(attempt);
      return fate();
    },
  });
  for (const place of cluster.ventilators.keys()) {
    const submitter = cluster.localSubmitter(place, originsOf(10 + place));
    for (let round = 0; round < 8; round++) {
      for (const name of definitions) {
        world.clock.schedule(world.between(0, untilMs), () => {
          cluster.submit(submitter, 12, { batch: 4, name });
          cluster.submit(submitter, 4, { batch: 2, name, reply: "answer" });
        });
      }
    }
  }
  commandAll(cluster, check);
  return { cluster, check };
};

const expectAllEnded = (cluster: Cluster, where: string): void => {
  cluster.world.clock.runUntil(untilMs + 100);
  const hasEnded = cluster.runUntil(() => isEnded(cluster), 120_000);
  const stats = cluster.ventilators.map(({ core }) => core.stats());
  expect(hasEnded, `${where}: ${JSON.stringify(stats)}`).toBe(true);
  cluster.world.network.rest();
  expectEachEndedOnce(cluster, where);
  expectQuiet(cluster, where);
  expectAtRest(cluster, where);
  expect(
    stats.flatMap(({ pauses, paused }) => [...pauses, ...paused]),
    where,
  ).toEqual([]);
};

test(`what all workers have confirmed to be paused is started nowhere, over seeds ${firstSeed} to ${lastSeed}`, () => {
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    const { cluster, check } = simulate(seed, 0.01);
    expectAllEnded(cluster, `seed ${seed}`);
    expect(check.broken, `seed ${seed}`).toEqual([]);
  }
});

test(`commands over a bad network keep no task for ever, over seeds ${firstSeed} to ${lastSeed}`, () => {
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    const { cluster } = simulate(seed, 0);
    cluster.world.network.faults = { lose: 0.03, duplicate: 0.03, cut: 0.01, delayMs: [0, 20] };
    expectAllEnded(cluster, `seed ${seed}`);
  }
});
