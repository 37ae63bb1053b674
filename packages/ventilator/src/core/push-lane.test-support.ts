/** What tests of the push lane say for the submitter, its workers and its sink. */
import { encodeValues, type Push, type TaskOptionColumns } from "@tq/common/wire";
import { type ScriptedWorker, seqsOf, type TestBed } from "./ventilator-core.test-support.ts";

export const pushOrigin = "00000000000000c1";
/** One heartbeat of the test bed. */
export const beatMs = 100;

export function submit(
  bed: TestBed,
  [first, count]: readonly [number, number],
  more: { origin?: string; name?: string; columns?: TaskOptionColumns } = {},
): void {
  const { origin = pushOrigin, name = "work", columns = {} } = more;
  bed.port.submit({
    definition: { name },
    reply: "push",
    ids: { origins: [origin], runs: [0, first, count] },
    options: columns,
    values: encodeValues(Array.from({ length: count }, (_, index) => first + index)),
  });
  bed.settle();
}

/** The worker says how far it is, in tasks of its one definition. */
export function tally(
  bed: TestBed,
  worker: ScriptedWorker,
  [read, settled, leaving]: readonly [number, number, "leaving"?],
): void {
  const counts = [0, read, settled];
  worker.session.sendUnnumbered({ verb: "TALLY", counts, strays: 0, leaving: leaving !== undefined });
  bed.settle();
}

/** It has settled all that was pushed since it was asked last; again, as long as it lives. */
export function tallyAll(bed: TestBed, worker: ScriptedWorker): number {
  for (let before = -1; before !== tasksIn(bed.pushed); ) {
    before = tasksIn(bed.pushed);
    tally(bed, worker, [before, before]);
  }
  return tasksIn(bed.pushed);
}

export function worker(
  bed: TestBed,
  name: string,
  options: Parameters<TestBed["worker"]>[1] = {},
): ScriptedWorker {
  const made = bed.worker(name, options);
  tally(bed, made, [0, 0]);
  return made;
}

export const tasksIn = (pushed: readonly Push[]): number =>
  pushed.reduce((sum, { values }) => sum + values.lengths.length, 0);

export const seqsIn = (pushed: readonly Push[]): string => pushed.map(({ ids }) => seqsOf(ids)).join(" ");

export const missing = (bed: TestBed, through: number, count: number): void => {
  bed.sink.say(bed.now, { verb: "MISSING", origins: [pushOrigin], through: [through], missing: [count] });
  bed.settle();
};
