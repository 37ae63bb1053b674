/**
 * What must hold when the work is done: every task ended once, nobody holds anything, nothing is said but heartbeats, no
 * timer spins, and what is remembered is small.
 */
import { expect } from "vitest";
import type { Cluster } from "./cluster.ts";
import { timing } from "./pipeline.ts";

/** Answered tasks are told from others by the last digit of their origin. */
export const isAnswered = (id: string): boolean => id.slice(0, 16).endsWith("2");

export const originsOf = (place: number) => ({
  sink: `a0000000000${String(place).padStart(2, "0")}001`,
  answer: `a0000000000${String(place).padStart(2, "0")}002`,
});

/** Every task that was handed over has ended for its owner. */
export const isEnded = ({ records, ventilators, submitters }: Cluster): boolean => {
  if (submitters.some(({ node, waiting }) => node.isAlive && waiting > 0)) return false;
  for (const [id, { answered, settled, isRevoked, rejected }] of records) {
    if (isRevoked || rejected !== undefined) continue;
    if ((isAnswered(id) ? answered : settled).length === 0) return false;
  }
  return ventilators.every(({ core, node }) => !node.isAlive || core.isIdle);
};

/** Each task has one outcome, and the sinks have committed it once, except as often as `inDoubt` allows. */
export const expectEachEndedOnce = (cluster: Cluster, where: string, inDoubt = 0): void => {
  let again = 0;
  for (const [id, record] of cluster.records) {
    if (record.isRevoked) continue;
    const what = `${where}, task ${id}: ${JSON.stringify(record)}`;
    expect(record.accepted, what).toBe(true);
    if (isAnswered(id)) {
      expect(new Set(record.answered).size, what).toBe(1);
      expect(record.committed, what).toEqual([]);
      continue;
    }
    expect(record.committed.length, what).toBeGreaterThan(0);
    expect(new Set(record.settled).size, what).toBe(1);
    expect(record.committed, what).toContain(record.settled[0]);
    again += record.committed.length - 1;
  }
  expect(again, `${where}: committed more than once`).toBeLessThanOrEqual(inDoubt);
};

/** Nobody holds anything any more. */
export const expectAtRest = (cluster: Cluster, where: string): void => {
  expect(cluster.world.bugs, where).toEqual([]);
  for (const { core, node } of cluster.ventilators) {
    if (!node.isAlive) continue;
    const stats = core.stats();
    const nothing = { unsettled: 0, unsettledBytes: 0, ready: 0, leased: 0, suspects: 0, withoutSink: 0 };
    expect(stats, `${where}, ventilator ${JSON.stringify(stats)}`).toMatchObject({
      ...nothing,
      violations: 0,
    });
  }
  for (const { core, node } of cluster.workers) {
    if (!node.isAlive) continue;
    const stats = core.stats();
    const nothing = { running: 0, queued: 0, uncommitted: 0, uncommittedBytes: 0, violations: 0 };
    expect(stats, `${where}, worker ${JSON.stringify(stats)}`).toMatchObject(nothing);
    for (const { held } of stats.ventilators) expect(held, where).toBe(0);
    for (const { owed } of stats.sinks) expect(owed, where).toBe(0);
  }
  for (const { core, node, store } of cluster.sinks) {
    if (!node.isAlive) continue;
    for (const { waiting, waitingBytes } of core.stats().definitions) {
      expect({ waiting, waitingBytes }, where).toEqual({ waiting: 0, waitingBytes: 0 });
    }
    for (const { committed, others } of store.restore().origins) {
      expect(committed.length / 2, `${where}: ranges of the duplicate window`).toBeLessThan(20);
      expect(others.length, `${where}: outcomes in the duplicate window`).toBeLessThan(20);
    }
  }
};

/** Over some quiet seconds: only heartbeats, as often as they are due, and no timer that fires for nothing. */
export const expectQuiet = (cluster: Cluster, where: string): void => {
  const { world } = cluster;
  // Low marks are told once a second.
  world.clock.runUntil(world.clock.now() + 2_500);
  world.said.clear();
  world.wakes = 0;
  const seconds = 3;
  world.clock.runUntil(world.clock.now() + seconds * 1_000);
  expect([...world.said.keys()], `${where}: ${JSON.stringify([...world.said])}`).toEqual(["HEARTBEAT"]);
  const alive = [...cluster.workers, ...cluster.sinks, ...cluster.ventilators].filter(
    ({ node }) => node.isAlive,
  );
  const beats = world.said.get("HEARTBEAT") ?? 0;
  const beatsMax = (2 * [...world.network.clients].length * seconds * 1_000) / timing.heartbeatMs;
  expect(beats, `${where}: heartbeats`).toBeLessThanOrEqual(beatsMax + 10);
  // Each beat may wake its sender, and a core looks after a few things of its own twice a second.
  expect(world.wakes, `${where}: wakes`).toBeLessThanOrEqual(beats + alive.length * seconds * 8);
};
