import { defaultPolicy } from "@tq/common";
import { expect, test } from "vitest";
import { answerOrigin, idsOf, origin, seqsOf, TestBed } from "./ventilator-core.test-support.ts";

test("hands a task out once, and settles it when the worker says that the sink has it", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 3);
  expect(worker.tasks).toBe("1,2,3");
  worker.done(bed.now, [1, 2, 3]);
  bed.settle();
  expect(bed.owner.heard).toEqual(["accepted 1,2,3", "settled completed 1,2,3"]);
  expect(bed.core.isIdle).toBe(true);
  expect(bed.core.stats().leased).toBe(0);
});

test("accepts an id once, and acknowledges it again when it comes again", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 2);
  bed.submit(1, 2);
  expect(worker.tasks).toBe("1,2");
  expect(bed.owner.heard).toEqual(["accepted 1,2", "accepted 1,2"]);
});

test("refuses a submission that only partly came before", () => {
  const bed = new TestBed();
  bed.submit(1, 2);
  bed.submit(2, 2);
  expect(bed.owner.heard).toEqual(["accepted 1,2", "rejected TQ_ERR_PROTOCOL 2,3"]);
});

test("shares what is ready evenly among workers with credit", () => {
  const bed = new TestBed();
  const workers = ["a", "b", "c"].map((name) => bed.worker(name));
  bed.submit(1, 9);
  expect(workers.map((worker) => worker.tasks.split(",").length)).toEqual([3, 3, 3]);
});

test("never sends more than the credit, and goes on when there is more", () => {
  const bed = new TestBed();
  const worker = bed.worker("w", { credit: 2 });
  bed.submit(1, 5);
  expect(worker.tasks).toBe("1,2");
  worker.session.sendUnnumbered({ verb: "GRANT", grants: [0, 4, 1_000_000] });
  bed.settle();
  expect(worker.tasks).toBe("1,2,3,4");
});

test("gives a task only to a worker with its contract, and says loudly when there is none", () => {
  const bed = new TestBed();
  const other = bed.worker("other", { contract: "v2" });
  bed.submit(1, 1, { contract: "v1" });
  bed.pass(1_500);
  expect(other.tasks).toBe("");
  expect(bed.eventsOf("tasks.unroutable")).toMatchObject([
    { task: "work", contract: "v1", waiting: 1, present: ["work@v2"] },
  ]);
  expect(bed.core.stats().unroutable).toMatchObject([{ task: "work", waiting: 1 }]);
  const right = bed.worker("right", { contract: "v1" });
  expect(right.tasks).toBe("1");
  bed.pass(1_500);
  expect(bed.eventsOf("tasks.routable")).toHaveLength(1);
});

test("a task without a contract goes to any version", () => {
  const bed = new TestBed();
  const worker = bed.worker("w", { contract: "v2" });
  bed.submit(1, 1);
  expect(worker.tasks).toBe("1");
});

test("tries again after the backoff, with the next attempt number, and proposes the failure at the last", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 1, { maxAttempts: 2 });
  worker.fail(bed.now, 1);
  bed.settle();
  expect(worker.tasks).toBe("1");
  bed.pass(25);
  expect(worker.tasks).toBe("1");
  bed.pass(50);
  expect(worker.tasks).toBe("1,1#2");
  worker.fail(bed.now, 1, { attempt: 2 });
  bed.settle();
  expect(bed.sink.proposals).toEqual(["failed 1"]);
  expect(bed.owner.heard).toEqual(["accepted 1"]);
  bed.sink.commit(bed.now);
  bed.settle();
  expect(bed.owner.heard).toEqual(["accepted 1", "settled failed 1"]);
});

test("a final failure is not tried again", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 1);
  worker.fail(bed.now, 1, { final: true });
  bed.settle();
  expect(bed.sink.proposals).toEqual(["failed 1"]);
});

test("a stale attempt's failure changes nothing", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 1);
  worker.fail(bed.now, 1, { attempt: 9 });
  bed.settle();
  expect(bed.core.stats()).toMatchObject({ leased: 1, unsettled: 1 });
  expect(bed.eventsOf("task.retrying")).toEqual([]);
});

test("what the sink committed first stands, whatever was proposed", () => {
  const bed = new TestBed();
  bed.worker("w");
  bed.submit(1, 1);
  bed.port.cancel(idsOf(origin, [1]));
  bed.settle();
  expect(bed.sink.proposals).toEqual(["cancelled 1"]);
  bed.sink.commit(bed.now, "completed");
  bed.settle();
  expect(bed.owner.heard).toEqual(["accepted 1", "settled completed 1"]);
});

test("cancelling a running task tells its worker to stop, and nobody else", () => {
  const bed = new TestBed();
  const [first, second] = [bed.worker("a"), bed.worker("b")];
  bed.submit(1, 1);
  bed.port.cancel(idsOf(origin, [1]));
  bed.settle();
  const holder = first.tasks === "1" ? first : second;
  const other = holder === first ? second : first;
  expect(holder.verbs("CANCEL")).toEqual(["1"]);
  expect(other.verbs("CANCEL")).toEqual([]);
  expect(bed.core.stats().leased).toBe(0);
});

test("a task that was never leased is cancelled without waiting for the sink, which is told all the same", () => {
  const bed = new TestBed();
  bed.submit(1, 1);
  bed.port.cancel(idsOf(origin, [1]));
  bed.settle();
  expect(bed.owner.heard).toEqual(["accepted 1", "settled cancelled 1"]);
  expect(bed.sink.proposals).toEqual(["cancelled 1"]);
  bed.sink.commit(bed.now);
  bed.settle();
  expect(bed.core.isIdle).toBe(true);
});

test("cancelling what nobody knows is refused by name", () => {
  const bed = new TestBed();
  bed.port.cancel(idsOf(origin, [5]));
  expect(bed.owner.heard).toEqual(["rejected TQ_ERR_UNKNOWN_TASK 5"]);
});

test("takes the leases of a silent worker back and runs them apart from all others", () => {
  const bed = new TestBed();
  const lost = bed.worker("lost", { credit: 3 });
  bed.submit(1, 3);
  expect(lost.tasks).toBe("1,2,3");
  lost.isAlive = false;
  bed.pass(350);
  expect(bed.eventsOf("worker.gone")).toMatchObject([{ leases: 3, suspects: 3 }]);
  const next = bed.worker("next");
  expect(next.tasks).toBe("1#2,2#2,3#2");
  // Nothing that is not suspect may run beside them.
  bed.submit(4, 1);
  expect(next.tasks).toBe("1#2,2#2,3#2");
  next.done(bed.now, [1, 2, 3]);
  bed.settle();
  expect(next.tasks).toBe("1#2,2#2,3#2,4");
  next.done(bed.now, [4]);
  bed.settle();
  expect(bed.core.isIdle).toBe(true);
});

test("the crash limit is the worker's where the submission says none", () => {
  const bed = new TestBed();
  bed.submit(1, 1, { isWithoutPolicy: true });
  for (const name of ["a", "b"]) {
    const worker = bed.worker(name, { policy: { ...defaultPolicy, crashLimit: 1 } });
    expect(worker.tasks).not.toBe("");
    worker.isAlive = false;
    bed.pass(350);
  }
  expect(bed.sink.proposals).toEqual(["dead 1"]);
});

test("suspects that killed a worker together run alone, and only the guilty one is dead in the end", () => {
  const bed = new TestBed();
  bed.submit(1, 3);
  let deaths = 0;
  for (let round = 0; round < 12 && !bed.core.isIdle; round++) {
    const worker = bed.worker(`w${round}`, { credit: 10 });
    while (worker.isAlive && worker.tasks !== "" && !bed.core.isIdle) {
      const last = worker.received.findLast((message) => message.verb === "TASKS");
      const held = last?.verb === "TASKS" ? seqsOf(last.ids).split(",").map(Number) : [];
      if (held.includes(2) && bed.sink.proposals.length === 0) {
        worker.isAlive = false;
        deaths += 1;
        bed.pass(350);
      } else worker.done(bed.now, held);
      bed.settle();
      bed.sink.commit(bed.now);
      bed.settle();
    }
  }
  expect(bed.owner.heard.toSorted()).toEqual([
    "accepted 1,2,3",
    "settled completed 1",
    "settled completed 3",
    "settled dead 2",
  ]);
  // One unknowing, one screening, and alone as often as its limit of two says.
  expect(deaths).toBe(4);
});

test("only a death while running alone counts, and too many of them end the task as dead", () => {
  const bed = new TestBed();
  bed.submit(1, 1);
  for (const name of ["a", "b", "c"]) {
    const worker = bed.worker(name);
    expect(worker.tasks).not.toBe("");
    worker.isAlive = false;
    bed.pass(350);
  }
  // The first death only made it a suspect; its limit is two.
  expect(bed.eventsOf("task.crashed")).toMatchObject([{ crashes: 1 }, { crashes: 2 }]);
  expect(bed.sink.proposals).toEqual(["dead 1"]);
});

test("a worker is free again when its suspects have run, even if the sink has not committed them yet", () => {
  const bed = new TestBed();
  const lost = bed.worker("lost");
  bed.submit(1, 1);
  lost.isAlive = false;
  bed.pass(350);
  const next = bed.worker("next");
  bed.submit(2, 1);
  expect(next.tasks).toBe("1#2");
  next.held = { epoch: 7, ids: idsOf(origin, [1]), attempts: { at: [0], values: [2] } };
  next.unfinished = 1;
  bed.pass(150);
  expect(next.tasks).toBe("1#2");
  next.unfinished = 0;
  for (let step = 0; step < 8 && next.tasks === "1#2"; step++) bed.pass(25);
  expect(next.tasks).toBe("1#2,2");
});

test("a worker that says goodbye leaves no suspects", () => {
  const bed = new TestBed();
  const leaving = bed.worker("leaving");
  bed.submit(1, 2);
  leaving.client.close("done");
  bed.settle();
  const next = bed.worker("next");
  expect(next.tasks).toBe("1#2,2#2");
  expect(bed.eventsOf("worker.left")).toMatchObject([{ returned: 2 }]);
});

test("a worker that comes back keeps what nobody else has got meanwhile", () => {
  const bed = new TestBed();
  const worker = bed.worker("w", { credit: 2 });
  bed.submit(1, 2);
  worker.held = { epoch: 7, ids: idsOf(origin, [1, 2]) };
  worker.isAlive = false;
  bed.pass(350);
  expect(bed.core.stats().leased).toBe(0);
  worker.isAlive = true;
  bed.pass(200);
  expect(bed.core.stats()).toMatchObject({ leased: 2, ready: 0 });
  expect(worker.tasks).toBe("1,2");
  worker.done(bed.now, [1, 2]);
  bed.settle();
  expect(bed.core.isIdle).toBe(true);
});

test("leases that a worker does not hold are taken back without blame", () => {
  const bed = new TestBed();
  const worker = bed.worker("w", { credit: 2 });
  bed.submit(1, 2);
  worker.held = { epoch: 7, ids: idsOf(origin, [1]) };
  bed.pass(300);
  expect(bed.eventsOf("leases.lost")).toMatchObject([{ leases: 1 }]);
  expect(bed.core.stats()).toMatchObject({ leased: 1, ready: 1, suspects: 0 });
});

test("what is given back stands first in line again, in its old order", () => {
  const bed = new TestBed();
  const worker = bed.worker("w", { credit: 3 });
  bed.submit(1, 5);
  worker.session.send(bed.now, { verb: "RETURN", epoch: 7, ids: idsOf(origin, [2, 3]) });
  worker.session.sendUnnumbered({ verb: "GRANT", grants: [0, 7, 1_000_000] });
  bed.settle();
  expect(worker.tasks).toBe("1,2,3,2#2,3#2,4,5");
});

test("a beating heart keeps the leases of a stuck worker until the task's own time is over", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 1);
  const started = { epoch: 7, ids: idsOf(origin, [1]) };
  const beat = (stuckMs: number): void => {
    const { bootId } = worker.client;
    const heart = { verb: "HEART" as const, session: worker.session.id, bootId, stuckMs, started };
    bed.core.receive(bed.now, { channel: "workers", route: "heart" }, heart);
  };
  worker.isAlive = false;
  for (let elapsed = 0; elapsed < 1_000; elapsed += 100) {
    beat(elapsed);
    bed.pass(100);
  }
  expect(bed.eventsOf("worker.gone")).toEqual([]);
  expect(bed.eventsOf("worker.blocked")).toHaveLength(1);
  expect(bed.core.stats().leased).toBe(1);
  beat(10_001);
  bed.settle();
  expect(bed.core.stats().leased).toBe(0);
  expect(bed.eventsOf("task.retrying")).toMatchObject([{ error: { code: "TQ_ERR_TIMEOUT" } }]);
});

test("runs higher priorities first, and in order within one", () => {
  const bed = new TestBed();
  bed.submit(1, 4, { columns: { priority: { at: [2], values: [5] } } });
  const worker = bed.worker("w");
  expect(worker.tasks).toBe("3,1,2,4");
});

test("a delayed task waits for its time, an expired one is not handed out", () => {
  const bed = new TestBed();
  const worker = bed.worker("w", { credit: 1 });
  bed.submit(1, 3, {
    columns: { notBeforeMs: { at: [0], values: [200] }, expiresMs: { at: [2], values: [100] } },
  });
  expect(worker.tasks).toBe("2");
  bed.pass(150);
  expect(bed.sink.proposals).toEqual(["expired 3"]);
  worker.session.sendUnnumbered({ verb: "GRANT", grants: [0, 9, 1_000_000] });
  bed.pass(100);
  expect(worker.tasks).toBe("2,1");
});

test("brings an answer to its caller, once, from whichever attempt comes first", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 1, { reply: "answer" });
  const results = {
    verb: "RESULTS" as const,
    epoch: 7,
    definition: 0,
    ids: idsOf(answerOrigin, [1]),
    durationsUs: [5],
    values: { lengths: [1], slab: new Uint8Array([42]) },
  };
  worker.session.send(bed.now, results);
  worker.session.send(bed.now, results);
  bed.settle();
  expect(bed.owner.heard).toEqual(["answer completed 1", "accepted 1"].toSorted());
  expect(worker.verbs("COMMITTED")).toEqual(["1,1"]);
  expect(bed.core.isIdle).toBe(true);
});

test("a ventilator without sinks refuses what would have to go to one", () => {
  const bed = new TestBed({ sinks: [] });
  bed.submit(1, 1);
  expect(bed.owner.heard).toEqual(["rejected TQ_ERR_NO_SINK 1"]);
});

test("asks a worker that sits on a queue to give some back when another has nothing to do", () => {
  const bed = new TestBed();
  const rich = bed.worker("rich", { slots: 2, credit: 10 });
  bed.submit(1, 10);
  expect(rich.tasks).toBe("1,2,3,4,5,6,7,8,9,10");
  const idle = bed.worker("idle", { slots: 2 });
  bed.pass(50);
  expect(rich.verbs("RECALL")).toEqual(["10,9,8,7"]);
  rich.session.send(bed.now, { verb: "RETURN", epoch: 7, ids: idsOf(origin, [10, 9, 8, 7]) });
  bed.pass(10);
  expect(idle.tasks.split(",").toSorted()).toEqual(["10#2", "7#2", "8#2", "9#2"]);
});

test("counts messages that are none, and says so ever more rarely", () => {
  const bed = new TestBed();
  for (let count = 0; count < 100; count++) bed.core.violation(bed.now, { channel: "workers" }, "garbage");
  expect(bed.core.stats().violations).toBe(100);
  expect(bed.eventsOf("peer.violation")).toHaveLength(7);
});
