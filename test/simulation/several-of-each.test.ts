/**
 * No single point of failure: two ventilators without a journal, two sinks, three workers, two producers, of which one after
 * the other is killed at a random time and started anew, or stays away, while tasks flow.
 *
 * `TQ_SEEDS=from-to` runs other seeds; a failure names its seed, and the seed alone reproduces it.
 */
import { expect, test } from "vitest";
import { isAnswered } from "./at-rest.ts";
import { Cluster } from "./cluster.ts";
import { seedRange } from "./seed-range.ts";
import { SharedProducer } from "./shared-producer.ts";
import { World } from "./world.ts";

const [firstSeed, lastSeed] = seedRange([1, 10]);

const sinkGraceMs = 4_000;
const underFireMs = 12_000;

interface InDoubt {
  readonly type: string;
  readonly ids: readonly { readonly origin: string; readonly first: number; readonly last: number }[];
}

/** As often as they are hit. */
const roles = ["ventilator", "ventilator", "ventilator", "sink", "sink", "worker", "producer"] as const;

class Fleet {
  readonly world: World;
  readonly cluster: Cluster;
  readonly producers: SharedProducer[] = [];
  readonly kills: string[] = [];
  /** Ids that a ventilator has said to be in doubt. */
  readonly inDoubt = new Set<string>();
  /** The longest time without a result while somebody waited for one. */
  longestGapMs = 0;
  #lastResults = 0;
  #lastResultAt = 0;
  /** Origins of producers that were killed: nobody waits for their tasks. */
  readonly #orphans = new Set<string>();

  constructor(seed: number) {
    this.world = new World(seed);
    const { world } = this;
    this.cluster = new Cluster(world, {
      ventilators: 2,
      sinks: 2,
      workers: 3,
      slots: 2,
      fate: () => {
        const afterMs = world.between(0, 60);
        return world.chance(0.03)
          ? { afterMs, ends: "failed", final: world.chance(0.3) }
          : { afterMs, ends: "completed" };
      },
      ventilatorLimits: { sinkGraceMs, producerWindowTasks: world.between(10, 200) },
      onEvent: (event) => {
        if (event.type !== "tasks.in-doubt") return;
        for (const { origin, first, last } of (event as InDoubt).ids) this.#doubt(origin, first, last);
      },
    });
    for (let count = 0; count < 2; count++) this.producers.push(this.#startProducer());
    world.clock.runUntil(200);
  }

  run(): void {
    const { world } = this;
    world.network.faults = {
      lose: 0,
      duplicate: 0,
      cut: world.chance(0.5) ? 0.002 : 0,
      delayMs: [0, world.between(0, 10)],
    };
    this.#lastResultAt = world.clock.now();
    let killAt = world.clock.now() + world.between(100, 800);
    for (const until = world.clock.now() + underFireMs; world.clock.now() < until; ) {
      for (const producer of this.producers) {
        if (producer.waiting < 50)
          producer.submit(world.between(1, 10), world.chance(0.3) ? "answer" : "sink");
      }
      world.clock.runUntil(world.clock.now() + 50);
      this.#measure();
      if (world.clock.now() < killAt) continue;
      killAt = world.clock.now() + this.#strike() + world.between(100, 800);
    }
    world.network.rest();
    const isDone = (): boolean => this.#unfinished().length === 0;
    const isInTime = this.cluster.runUntil(() => isDone() && this.producers.every(isAtRest), 60_000);
    expect(isInTime, `${this.what}: ${JSON.stringify(this.#left())}`).toBe(true);
  }

  get what(): string {
    return `kills: ${this.kills.join(", ")}`;
  }

  check(): void {
    expect(this.world.bugs, this.what).toEqual([]);
    for (const [id, record] of this.cluster.records) {
      if (this.#isOrphan(id)) continue;
      const what = `${this.what}; task ${id}: ${JSON.stringify(record)}`;
      expect(record.rejected, what).toBeUndefined();
      if (isAnswered(id)) {
        expect(record.answered.length, what).toBeGreaterThan(0);
        continue;
      }
      expect(new Set(record.settled).size, what).toBe(1);
      expect(record.committed, what).toContain(record.settled[0]);
      const perStore = [0, 1].map((place) => record.stores.filter((store) => store === place).length);
      expect(Math.max(...perStore), `${what}: commits in one store`).toBe(1);
      if (new Set(record.stores).size > 1) expect(this.inDoubt.has(id), `${what}: two stores`).toBe(true);
    }
    for (const { core } of this.producers) {
      expect({ kept: core.keptBytes, adrift: core.adrift }, this.what).toEqual({ kept: 0, adrift: 0 });
      for (const { violations } of core.stats()) expect(violations, this.what).toBe(0);
    }
  }

  #doubt(origin: string, first: number, last: number): void {
    for (let seq = first; seq <= last; seq++) this.inDoubt.add(`${origin}-${seq}`);
  }

  /** Somebody dies. Gives how long that one stays away, so that only one is at a time. */
  #strike(): number {
    const { world, cluster } = this;
    const awayMs = world.chance(0.2) ? world.between(2_000, 6_000) : world.between(0, 1_000);
    const place = world.between(0, 1);
    const role = roles[world.between(0, roles.length - 1)];
    this.kills.push(`${role} ${place} at ${world.clock.now()} for ${awayMs}`);
    const later = (start: () => void): void => world.clock.after(awayMs, start);
    switch (role) {
      case "ventilator":
        cluster.ventilator(place).node.crash();
        later(() => cluster.startVentilator(place));
        break;
      case "sink": {
        const { node, store } = cluster.sink(place);
        node.crash();
        later(() => cluster.startSink(place, store));
        break;
      }
      case "worker":
        cluster.workers.find(({ node }) => node.isAlive)?.node.crash();
        later(() => cluster.startWorker());
        break;
      default: {
        const producer = this.producers[place];
        for (const origin of producer?.origins ?? []) this.#orphans.add(origin);
        producer?.node.crash();
        this.producers[place] = this.#startProducer();
      }
    }
    return awayMs;
  }

  #startProducer(): SharedProducer {
    return new SharedProducer(this.cluster, { sinkGraceMs });
  }

  #measure(): void {
    let results = 0;
    for (const { core } of this.cluster.sinks) results += core.stats().committed.completed;
    const now = this.world.clock.now();
    if (results !== this.#lastResults) {
      this.#lastResults = results;
      this.#lastResultAt = now;
    }
    this.longestGapMs = Math.max(this.longestGapMs, now - this.#lastResultAt);
  }

  #isOrphan(id: string): boolean {
    return this.#orphans.has(id.slice(0, 16));
  }

  #unfinished(): string[] {
    const unfinished: string[] = [];
    for (const [id, { settled, answered }] of this.cluster.records) {
      if (!this.#isOrphan(id) && (isAnswered(id) ? answered : settled).length === 0) unfinished.push(id);
    }
    return unfinished;
  }

  #left() {
    return {
      unfinished: this.#unfinished().slice(0, 5),
      producers: this.producers.map(({ core }) => [core.stats(), core.keptBytes, core.adrift]),
      ventilators: this.cluster.ventilators.map(({ core }) => core.stats()),
    };
  }
}

const isAtRest = ({ core, waiting }: SharedProducer): boolean =>
  waiting === 0 && core.keptBytes === 0 && core.adrift === 0;

const kinds = new Map<string, number>();

for (let seed = firstSeed; seed <= lastSeed; seed++) {
  test(`seed ${seed}: whoever dies, nothing accepted is lost, and work goes on`, () => {
    const fleet = new Fleet(seed);
    fleet.run();
    fleet.check();
    expect(fleet.longestGapMs, fleet.what).toBeLessThan(5_000);
    for (const type of ["tasks.handed-on", "tasks.reclaimed", "sink.moved", "tasks.in-doubt"]) {
      kinds.set(type, (kinds.get(type) ?? 0) + fleet.cluster.countOf(type));
    }
  });
}

test("each of the rare ways was taken, if there were enough seeds", () => {
  for (const [type, count] of kinds) if (lastSeed - firstSeed >= 9) expect(count, type).toBeGreaterThan(0);
});
