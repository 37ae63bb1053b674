/**
 * Results from their computation to their commit: encoded at once into the batch of their lane, sent when the outlet has
 * session, room and credit, kept until they are committed, and sent again to a fresh session.
 *
 * The output is encoded when its handler settles, not when the batch is sent: so it may be changed afterwards, an output
 * that cannot be encoded fails its own attempt only, and its size is known for the limits. The bytes are copied once, from
 * the encoder to the slab of the message.
 */
import type { Session } from "@tq/common/protocol";
import { IdRunsBuilder, SparseBuilder } from "@tq/common/protocol";
import { gatherValues, type Piece, prefixOffsets } from "@tq/common/wire";
import type { Attempt, AttemptPool, Lane } from "./attempt.ts";
import { coreLimits } from "./limits.ts";

export class ResultsOutbox {
  readonly #pool: AttemptPool;
  readonly #tasks: number[];
  readonly #bytes: number[];
  /** Lanes with something to send. */
  #listed: Lane[] = [];

  constructor(definitions: number, pool: AttemptPool) {
    this.#pool = pool;
    this.#tasks = new Array<number>(definitions).fill(0);
    this.#bytes = new Array<number>(definitions).fill(0);
  }

  /** Results of a definition that are not committed, in tasks. */
  tasksOf(definition: number): number {
    return this.#tasks[definition] ?? 0;
  }

  /** Their bytes. */
  bytesOf(definition: number): number {
    return this.#bytes[definition] ?? 0;
  }

  get tasks(): number {
    return this.#tasks.reduce((sum, count) => sum + count, 0);
  }

  get bytes(): number {
    return this.#bytes.reduce((sum, count) => sum + count, 0);
  }

  /**
   * Takes the output of an attempt that has run.
   *
   * Errors: those of `ValuesEncoder.add`; then nothing was taken.
   */
  add(attempt: Attempt, lane: Lane, output: unknown): void {
    attempt.resultBytes = lane.encoder.add(output);
    attempt.state = "computed";
    lane.encoding.push(attempt);
    this.#list(lane);
    this.#count(lane, 1, attempt.resultBytes);
    if (lane.encoder.bytes >= coreLimits.resultsBytesTarget) seal(lane);
  }

  /** The result is committed, or not wanted. The attempt may be freed at once unless it was not sent yet. */
  remove(attempt: Attempt, lane: Lane): void {
    this.#count(lane, -1, -attempt.resultBytes);
    if (attempt.state === "offered") {
      this.#pool.give(attempt);
    } else {
      attempt.state = "skipped";
      attempt.block = undefined;
    }
  }

  /** What was sent in a session that is over goes before what was not sent yet. */
  offerAgain(attempts: readonly Attempt[]): void {
    const sent = attempts.filter(({ state }) => state === "offered");
    sent.sort((a, b) => b.seq - a.seq);
    for (const attempt of sent) {
      const lane = attempt.batch?.lane;
      if (lane === undefined) continue;
      attempt.state = "computed";
      lane.ready.unshift(attempt);
      this.#list(lane);
    }
  }

  flush(now: number): void {
    if (this.#listed.length === 0) return;
    const listed = this.#listed;
    this.#listed = [];
    for (const lane of listed) {
      lane.isListed = false;
      seal(lane);
      this.#send(now, lane);
      if (!lane.ready.isEmpty) this.#list(lane);
    }
  }

  #send(now: number, lane: Lane): void {
    const { session } = lane.outlet;
    // What is not wanted goes also where there is nobody to send to.
    while (this.#skip(lane) && session?.hasRoom === true) {
      const { tasks, bytes } = lane.outlet.allowance(lane.definition);
      if (tasks <= 0 || bytes <= 0) return;
      this.#sendBatch(now, lane, {
        session,
        tasksMax: Math.min(tasks, coreLimits.tasksPerMessageMax),
        bytes,
      });
    }
  }

  /** Frees what is not wanted at the head. True if something is left to send. */
  #skip(lane: Lane): boolean {
    let head = lane.ready.peek();
    while (head?.state === "skipped") {
      lane.ready.shift();
      this.#pool.give(head);
      head = lane.ready.peek();
    }
    return head !== undefined;
  }

  #sendBatch(now: number, lane: Lane, may: { session: Session; tasksMax: number; bytes: number }): void {
    const batch = new ResultsBatch();
    const bytesMax = Math.min(may.bytes, coreLimits.resultsBytesTarget);
    while (batch.count < may.tasksMax && batch.bytes < bytesMax && this.#skip(lane)) {
      const attempt = lane.ready.peek();
      if (attempt === undefined) break;
      // One large payload may exceed the target alone, not on top of others.
      const fits = batch.count === 0 || batch.bytes + attempt.resultBytes <= coreLimits.resultsBytesTarget;
      if (!fits) break;
      lane.ready.shift();
      batch.add(attempt);
    }
    lane.outlet.spend(lane.definition, batch.count, batch.bytes);
    may.session.send(now, batch.message(lane));
  }

  #list(lane: Lane): void {
    if (lane.isListed) return;
    lane.isListed = true;
    this.#listed.push(lane);
  }

  #count({ definition, outlet }: Lane, tasks: number, bytes: number): void {
    outlet.count(definition, tasks, bytes);
    this.#tasks[definition] = (this.#tasks[definition] ?? 0) + tasks;
    this.#bytes[definition] = (this.#bytes[definition] ?? 0) + bytes;
  }
}

/** Makes a block of what the encoder has gathered. */
const seal = (lane: Lane): void => {
  const { encoding } = lane;
  if (encoding.length === 0) return;
  lane.encoding = [];
  const values = lane.encoder.take();
  const block = { values, offsets: prefixOffsets(values.lengths) };
  for (let index = 0; index < encoding.length; index++) {
    const attempt = encoding[index];
    if (attempt === undefined) continue;
    // Skipped: in the line it may wait for long.
    if (attempt.state !== "skipped") attempt.block = block;
    attempt.blockAt = index;
    lane.ready.push(attempt);
  }
};

/** The columns of one RESULTS message. */
class ResultsBatch {
  readonly #ids = new IdRunsBuilder();
  readonly #attempts = new SparseBuilder<number>();
  readonly #traceparents = new SparseBuilder<string>();
  readonly #durationsUs: number[] = [];
  readonly #pieces: (Piece & { to: number })[] = [];
  count = 0;
  bytes = 0;

  add(attempt: Attempt): void {
    const { number, traceparent, block, blockAt } = attempt;
    if (number !== 1) this.#attempts.add(this.count, number);
    if (traceparent !== undefined) this.#traceparents.add(this.count, traceparent);
    this.#ids.add(attempt.home?.origin ?? "", attempt.seq);
    this.#durationsUs.push(attempt.durationUs);
    const piece = this.#pieces[this.#pieces.length - 1];
    if (block !== undefined && piece?.values === block.values && piece.to === blockAt) piece.to += 1;
    else if (block !== undefined) this.#pieces.push({ ...block, from: blockAt, to: blockAt + 1 });
    attempt.state = "offered";
    this.count += 1;
    this.bytes += attempt.resultBytes;
  }

  message({ epoch, definition }: Lane) {
    const attempts = this.#attempts.take();
    const traceparent = this.#traceparents.take();
    return {
      verb: "RESULTS",
      epoch,
      definition,
      ids: this.#ids.take(),
      ...(attempts === undefined ? {} : { attempts }),
      ...(traceparent === undefined ? {} : { traceparent }),
      durationsUs: this.#durationsUs,
      values: gatherValues(this.#pieces),
    } as const;
  }
}
