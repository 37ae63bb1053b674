/** Workers that keep as many results for one sink as they may. */
import { expect, test } from "vitest";
import { type ScriptedWorker, TestBed } from "./ventilator-core.test-support.ts";

const sink = "memory:sink";

const sayFull = (worker: ScriptedWorker, ...sinks: readonly string[]): void => {
  const full = sinks.map((each) => ({ definition: 0, sink: each }));
  worker.session.sendUnnumbered({ verb: "GRANT", grants: [], full });
};

test("tasks for a sink that a worker is full for go to another one", () => {
  const bed = new TestBed();
  const full = bed.worker("full");
  const open = bed.worker("open");
  sayFull(full, sink);
  bed.settle();
  bed.submit(1, 6);
  expect(full.tasks).toBe("");
  expect(open.tasks).toBe("1,2,3,4,5,6");
});

test("tasks for a sink that all workers are full for wait, and hold up none behind them", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  sayFull(worker, sink);
  bed.settle();
  bed.submit(1, 4);
  bed.submit(7, 2, { reply: "answer" });
  expect(worker.tasks).toBe("7,8");
  expect(bed.core.stats()).toMatchObject({ withoutSink: 4, ready: 0 });

  sayFull(worker);
  bed.settle();
  expect(worker.tasks).toBe("7,8,1,2,3,4");
  expect(bed.core.stats()).toMatchObject({ withoutSink: 0, leased: 6 });
});

test("a worker without credit that has room does not keep a full one from the tasks behind", () => {
  const bed = new TestBed();
  bed.worker("busy", { credit: 1 });
  bed.submit(1, 1);
  const full = bed.worker("full");
  sayFull(full, sink);
  bed.settle();
  bed.submit(2, 4);
  bed.submit(7, 2, { reply: "answer" });
  expect(full.tasks).toBe("7,8");
});

test("what waits comes back in its order, as much as those with room have credit for, and no more", () => {
  const bed = new TestBed();
  const full = bed.worker("full");
  sayFull(full, sink);
  bed.settle();
  for (const first of [1, 3, 5, 7]) bed.submit(first, 2);
  const open = bed.worker("open", { credit: 3 });
  expect(open.tasks).toBe("1,2,3");
  open.session.sendUnnumbered({ verb: "GRANT", grants: [0, 100, 1_000_000] });
  bed.settle();
  expect(open.tasks).toBe("1,2,3,4,5,6,7,8");
  expect(full.tasks).toBe("");
});

test("what is cancelled while it waits is not handed out when there is room", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  sayFull(worker, sink);
  bed.settle();
  bed.submit(1, 3);
  bed.port.cancel({ origins: ["00000000000000a1"], runs: [0, 2, 1] });
  bed.settle();
  bed.sink.commit(bed.now);
  bed.settle();
  sayFull(worker);
  bed.settle();
  expect(worker.tasks).toBe("1,3");
  expect(bed.core.stats().withoutSink).toBe(0);
});

test("a worker that is full for a definition it has not announced has broken the protocol, and is served on", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  worker.session.sendUnnumbered({ verb: "GRANT", grants: [], full: [{ definition: 1, sink }] });
  bed.settle();
  bed.submit(1, 1);
  expect(worker.tasks).toBe("1");
  expect(bed.core.stats().violations).toBe(1);
});
