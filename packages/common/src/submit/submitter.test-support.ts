/** A submitter over an owner whose every word is the test's, with a clock and turns that only the test moves. */
import { defineTask, type OutcomeStatus, type, type UnsuccessfulOutcome } from "../contract/index.ts";
import {
  countIds,
  forEachId,
  idRun,
  type SubmitBatch,
  type SubmitOrigins,
  type SubmitPort,
} from "../protocol/index.ts";
import { decodeValues, encodeValues, type IdRuns, nilValues } from "../wire/index.ts";
import { createSubmitter, type Submission } from "./create-submitter.ts";

export const double = defineTask({ name: "double", input: type<number>(), output: type<number>() });

export const origins: SubmitOrigins = { sink: "00000000000000a1", answer: "00000000000000b1" };

export const seqsOf = (ids: IdRuns): number[] => {
  const seqs: number[] = [];
  forEachId(ids, (_origin, seq) => seqs.push(seq));
  return seqs;
};

export class TestBed implements SubmitPort {
  now = 0;
  readonly batches: SubmitBatch[] = [];
  /** Of each batch, whom it was handed to. */
  readonly owners: number[] = [];
  readonly outOfReach = new Set<number>();
  readonly cancelled: number[] = [];
  readonly answeredSeqs: number[] = [];
  readonly submission: Submission;
  /** Runs inside `submit`: an owner that answers at once. */
  onSubmit: (batch: SubmitBatch) => void = () => {};
  /** Ends of turns that were asked for. */
  turns = 0;
  #drawn = 0;
  #turn: (() => void)[] = [];
  #timers: { at: number; run: () => void }[] = [];

  constructor(owners: SubmitOrigins | readonly SubmitOrigins[] = origins) {
    this.submission = createSubmitter(this, {
      origins: owners,
      drawOrigin: () => (0xc1 + this.#drawn++).toString(16).padStart(16, "0"),
      now: () => this.now,
      atEndOfTurn: (run) => {
        this.turns += 1;
        this.#turn.push(run);
      },
      setTimer: (delayMs, run) => {
        const timer = { at: this.now + delayMs, run };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
    });
    this.events.credit(1_000_000, Number.MAX_SAFE_INTEGER);
  }

  get submitter() {
    return this.submission.submitter;
  }

  get events() {
    return this.submission.events;
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  submit(batch: SubmitBatch, owner = 0): void {
    this.batches.push(batch);
    this.owners.push(owner);
    this.onSubmit(batch);
  }

  isInReach(owner: number): boolean {
    return !this.outOfReach.has(owner);
  }

  cancel(ids: IdRuns): void {
    this.cancelled.push(...seqsOf(ids));
  }

  answered(ids: IdRuns): void {
    this.answeredSeqs.push(...seqsOf(ids));
  }

  /** Lets every promise and every end of a turn come that is due. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) {
      for (let round = 0; round < 20; round++) await Promise.resolve();
      const turn = this.#turn;
      this.#turn = [];
      for (const run of turn) run();
      if (turn.length > 0) quiet = 0;
    }
  }

  async advance(ms: number): Promise<void> {
    this.now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.now);
    this.#timers = this.#timers.filter(({ at }) => at > this.now);
    for (const { run } of due) run();
    await this.settle();
  }

  /** What was handed over: the inputs of each batch. */
  handed(): unknown[][] {
    return this.batches.map(({ values }) => decodeValues(values));
  }

  accept(...seqs: number[]): void {
    for (const seq of seqs) this.events.accepted(idRun(origins.sink, seq, 1));
  }

  answer(seq: number, output: unknown): void {
    this.events.answer("completed", { ids: idRun(origins.answer, seq, 1), values: encodeValues([output]) });
  }

  fail(seq: number, message: string): void {
    const values = encodeValues([{ name: "Error", message }]);
    this.events.answer("failed", { ids: idRun(origins.answer, seq, 1), values });
  }

  stop(seq: number, outcome: Exclude<UnsuccessfulOutcome["status"], "failed" | "dead">): void {
    this.events.answer(outcome, { ids: idRun(origins.answer, seq, 1), values: nilValues(1) });
  }

  settleIds(outcome: OutcomeStatus, first: number, count = 1): void {
    this.events.settled(outcome, idRun(origins.sink, first, count));
  }

  /** From now on every task is accepted, and every answered one doubled, as soon as it is handed over. */
  runAtOnce(): void {
    this.onSubmit = ({ reply, ids, values }) => {
      this.events.accepted(ids);
      if (reply === "sink") return;
      const outputs = decodeValues(values).map((input) => (input as number) * 2);
      this.events.answer("completed", { ids, values: encodeValues(outputs) });
    };
  }

  /** The most tasks of one batch. */
  largestBatch(): number {
    return Math.max(0, ...this.batches.map(({ ids }) => countIds(ids)));
  }
}

/** Takes `count` values, or fewer if it ends; then leaves. */
export async function takeSome<Value>(results: AsyncIterable<Value>, count: number): Promise<Value[]> {
  const taken: Value[] = [];
  for await (const value of results) {
    taken.push(value);
    if (taken.length === count) break;
  }
  return taken;
}
