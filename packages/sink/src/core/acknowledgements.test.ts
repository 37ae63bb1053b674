import { wireLimits } from "@tq/common/wire";
import { expect, test } from "vitest";
import { Rig } from "./rig.test-support.ts";

test("one turn's commits reach a worker as one message per outcome", () => {
  const rig = new Rig();
  const reader = rig.core.openReader();
  const [worker, ventilator] = [rig.worker("w"), rig.ventilator("v")];
  for (const seq of [1, 2, 3]) worker.results([seq]);
  ventilator.propose("failed", [4]);
  worker.results([4]);
  while (rig.read(reader) !== undefined);
  rig.trail.length = 0;
  rig.settle();
  expect(rig.trail.filter((verb) => verb === "COMMITTED")).toHaveLength(3);
  expect(worker.committed).toEqual([1, 2, 3, 4].map((seq) => [seq === 4 ? "failed" : "completed", seq]));
});

test("more ids than one message may have are told in several", () => {
  const rig = new Rig();
  const reader = rig.core.openReader();
  const ventilator = rig.ventilator("v");
  const perMessage = wireLimits.tasksPerMessageMax;
  const messages = wireLimits.idsPerMessageMax / perMessage + 1;
  for (let index = 0; index < messages; index++) {
    const seqs = Array.from({ length: perMessage }, (_, offset) => index * perMessage + offset + 1);
    ventilator.propose("expired", seqs);
  }
  while (rig.read(reader) !== undefined);
  rig.trail.length = 0;
  rig.settle();
  expect(rig.trail.filter((verb) => verb === "COMMITTED")).toHaveLength(2);
  expect(ventilator.committed).toHaveLength(messages * perMessage);
});

test("what a session has no room for waits, is not lost, and leaves in few messages", () => {
  const rig = new Rig();
  const reader = rig.core.openReader();
  const worker = rig.worker("w");
  const seqs = Array.from({ length: 100 }, (_, index) => index + 1);
  worker.results(seqs);
  const reading = rig.core.take(reader);
  worker.isDeaf = true;
  for (const seq of seqs) {
    if (reading) rig.core.commit(reading, seq);
    rig.settle();
  }
  expect(worker.committed).toEqual([]);
  worker.isDeaf = false;
  rig.trail.length = 0;
  rig.advance(3000);
  expect(worker.committed.map(([, seq]) => seq)).toEqual(seqs);
  const again = wireLimits.unacknowledgedMax;
  expect(rig.trail.filter((verb) => verb === "COMMITTED")).toHaveLength(again + 1);
  expect(worker.sessions).toBe(1);
  expect(rig.core.stats().duplicates).toBe(0);
});
