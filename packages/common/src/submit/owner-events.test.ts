import { describe, expect, test } from "vitest";
import { TqError } from "../contract/index.ts";
import { idRun } from "../protocol/index.ts";
import { double, origins, seqsOf, TestBed } from "./submitter.test-support.ts";

describe("the owner", () => {
  test("refuses tasks with its own reason", async () => {
    const bed = new TestBed();
    const refused = [bed.submitter.submit(double, 1), bed.submitter.submit(double, 2)];
    void Promise.allSettled(refused);
    await bed.settle();
    bed.events.rejected(idRun(origins.sink, 1, 1), "TQ_ERR_NO_SINK", "no sink here");
    bed.events.rejected(idRun(origins.sink, 2, 1), "TQ_ERR_OF_TOMORROW", "something new");
    await expect(refused[0]).rejects.toMatchObject({ code: "TQ_ERR_NO_SINK" });
    await expect(refused[1]).rejects.toMatchObject({
      code: "TQ_ERR_PROTOCOL",
      message: expect.stringContaining("TQ_ERR_OF_TOMORROW: something new"),
    });
  });

  test("closes: every waiting call is rejected with its reason, and every later one", async () => {
    const bed = new TestBed();
    bed.events.credit(1, 1_000);
    const calls = [
      bed.submitter.submit(double, 1),
      bed.submitter.submit(double, 2),
      bed.submitter.run(double, 3),
      bed.submitter.cancel(`${origins.sink}-1`),
      bed.submitter.submitMany(double, [4]),
      bed.submitter.map(double, [5]).next(),
    ];
    void Promise.allSettled(calls);
    await bed.settle();
    const reason = new TqError("TQ_ERR_CLOSED", "gone");
    bed.events.closed(reason);
    await bed.settle();
    for (const call of [...calls.slice(0, 3), calls[5]]) await expect(call).rejects.toBe(reason);
    await expect(calls[4]).rejects.toMatchObject({ code: reason.code });
    await expect(bed.submitter.submit(double, 6)).rejects.toMatchObject({ code: "TQ_ERR_CLOSED" });
    expect(bed.submission.stats()).toMatchObject({ queued: 0, unaccepted: 0, unanswered: 0 });
  });

  test("is closed from here: what it may have taken is of unknown outcome, what never left is refused", async () => {
    const bed = new TestBed();
    bed.events.credit(2, 1_000);
    const sent = bed.submitter.submit(double, 1);
    const ran = bed.submitter.run(double, 2);
    await bed.settle();
    const queued = bed.submitter.submit(double, 3);
    void Promise.allSettled([sent, ran, queued]);
    const reason = new TqError("TQ_ERR_CLOSED", "producer p was closed");
    bed.events.closed(reason, { isInDoubt: true });
    await expect(sent).rejects.toMatchObject({ code: "TQ_ERR_UNKNOWN_OUTCOME", cause: reason });
    for (const call of [ran, queued]) await expect(call).rejects.toBe(reason);
  });

  test("is unreachable: what it has is in doubt, what never left is refused once all are, and credit heals it", async () => {
    const second = { sink: "00000000000000a2", answer: "00000000000000b2" };
    const bed = new TestBed([origins, second]);
    bed.events.credit(2, 1_000, 0);
    bed.events.credit(0, 0, 1);
    const sent = bed.submitter.submit(double, 1);
    const ran = bed.submitter.run(double, 2);
    await bed.settle();
    const queued = bed.submitter.submit(double, 3);
    void Promise.allSettled([sent, ran, queued]);
    const gone = new TqError("TQ_ERR_UNREACHABLE", "nobody at tcp://a");
    bed.events.unreachable(0, gone);
    await bed.settle();
    await expect(sent).rejects.toMatchObject({ code: "TQ_ERR_UNKNOWN_OUTCOME", cause: gone });
    await expect(ran).rejects.toMatchObject({ code: "TQ_ERR_UNKNOWN_OUTCOME" });
    expect(bed.cancelled).toEqual([1]);
    expect(bed.submission.stats().queued).toBe(1);
    bed.events.unreachable(1, gone);
    await expect(queued).rejects.toBe(gone);
    await expect(bed.submitter.submit(double, 4)).rejects.toBe(gone);
    bed.events.credit(1, 1_000, 1);
    void bed.submitter.submit(double, 5);
    await bed.settle();
    expect(bed.batches.at(-1)?.ids).toEqual(idRun(second.sink, 1, 1));
  });
});

test("stop takes nothing new, and idle comes when all that was taken is accepted", async () => {
  const bed = new TestBed();
  const taken = bed.submitter.submit(double, 1);
  bed.submission.stop();
  await expect(bed.submitter.submit(double, 2)).rejects.toMatchObject({ code: "TQ_ERR_CLOSED" });
  let isIdle = false;
  const idle = bed.submission.idle().then(() => {
    isIdle = true;
  });
  await bed.settle();
  expect(isIdle).toBe(false);
  expect(seqsOf(bed.submission.waiting())).toEqual([1]);
  bed.accept(1);
  await bed.settle();
  await idle;
  await taken;
});

test("many calls with the same long limit leave no timer and no deadline behind", async () => {
  const bed = new TestBed();
  bed.runAtOnce();
  const calls = Array.from({ length: 1_000 }, (_, n) =>
    bed.submitter.submit(double, n, { timeoutMs: 60_000 }),
  );
  expect(bed.timerCount).toBe(1);
  await bed.settle();
  await Promise.all(calls);
  expect(bed.timerCount).toBe(0);
});
