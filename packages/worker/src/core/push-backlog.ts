/**
 * Pushed tasks that wait for a slot, in the batches that they came in: nothing is made of a task before its turn comes.
 * Ventilators take turns; within one: first in, first out.
 */
import { forEachRun, type PlacedRun } from "@tq/common/protocol";
import { AttachmentsReader, bytesOfValues, ownedValues, type Push, sizesOfValues } from "@tq/common/wire";
import type { Attempt, AttemptHome, AttemptPool, PushedLane } from "./attempt.ts";
import { OptionsFiller } from "./options-filler.ts";
import type { StartedAttempt } from "./port.ts";

interface Batch {
  readonly lane: PushedLane;
  readonly slab: Uint8Array;
  readonly lengths: readonly number[];
  readonly sizes: readonly number[];
  readonly attached: AttachmentsReader | undefined;
  readonly fill: OptionsFiller;
  readonly runs: readonly PlacedRun[];
  /** Place of the next task: its run, its position in the message, and where its input begins. */
  runIndex: number;
  position: number;
  from: number;
  home: AttemptHome;
}

export class PushBacklog {
  readonly #queues: Batch[][];
  readonly #pool: AttemptPool;
  #turn = 0;
  /** Tasks that wait, and the bytes of their inputs. */
  tasks = 0;
  bytes = 0;

  constructor(ventilators: number, pool: AttemptPool) {
    this.#queues = Array.from({ length: ventilators }, () => []);
    this.#pool = pool;
  }

  add(now: number, message: Push, { lane, timeoutMs }: { lane: PushedLane; timeoutMs: number }): void {
    const runs: PlacedRun[] = [];
    forEachRun(message.ids, (run) => runs.push(run));
    const [first] = runs;
    if (first === undefined) return;
    const values = ownedValues(message.values);
    this.tasks += values.lengths.length;
    this.bytes += bytesOfValues(values);
    this.#queues[lane.ventilator]?.push({
      lane,
      slab: values.slab,
      lengths: values.lengths,
      sizes: sizesOfValues(values),
      attached: values.attachments && new AttachmentsReader(values.attachments),
      fill: new OptionsFiller(now, message, timeoutMs),
      runs,
      runIndex: 0,
      position: 0,
      from: 0,
      home: homeOf(first.origin),
    });
  }

  /** The next task by turns, its input described in `into`. */
  take(into: StartedAttempt): Attempt | undefined {
    for (let tries = 0; tries < this.#queues.length; tries++) {
      this.#turn = (this.#turn + 1) % this.#queues.length;
      const queue = this.#queues[this.#turn];
      const batch = queue?.[0];
      if (batch === undefined) continue;
      const attempt = this.#next(batch, into);
      if (batch.position === batch.lengths.length) queue?.shift();
      return attempt;
    }
    return undefined;
  }

  #next(batch: Batch, into: StartedAttempt): Attempt {
    const { lane, position, from } = batch;
    const run = runAt(batch);
    const attempt = this.#pool.take();
    const to = from + (batch.lengths[position] ?? 0);
    batch.fill.fill(attempt, position);
    attempt.pushed = lane;
    attempt.home = batch.home;
    attempt.seq = run.first + position - run.position;
    attempt.durationUs = 0;
    attempt.isHeld = false;
    into.definition = lane.definition;
    into.ventilator = lane.ventilator;
    into.epoch = lane.epoch;
    into.origin = run.origin;
    into.seq = attempt.seq;
    into.attempt = attempt.number;
    into.timeoutMs = attempt.timeoutMs;
    into.traceparent = attempt.traceparent;
    into.slab = batch.slab;
    into.from = from;
    into.to = to;
    into.attachments = batch.attached?.of(position);
    this.tasks -= 1;
    this.bytes -= batch.sizes[position] ?? 0;
    batch.position = position + 1;
    batch.from = to;
    return attempt;
  }
}

/** The run of the batch's next task. */
function runAt(batch: Batch): PlacedRun {
  let run = batch.runs[batch.runIndex];
  while (run !== undefined && batch.position >= run.position + run.count) {
    batch.runIndex += 1;
    run = batch.runs[batch.runIndex];
    if (run !== undefined && run.origin !== batch.home.origin) batch.home = homeOf(run.origin);
  }
  return run ?? nowhere;
}

const nowhere: PlacedRun = { origin: "", first: 0, count: 0, position: 0 };

/** Nobody looks for a pushed task by its id. */
const homeOf = (origin: string): AttemptHome => ({ origin, delete: () => {} });
