/**
 * Outcomes of pushed tasks, from their settling to the pipe of their sink. Nobody acknowledges them, so nothing is kept of a
 * task: its outcome is encoded into the message that it leaves in, and its attempt is free.
 *
 * While a pipe is full its outcomes wait here; whoever reads tasks looks at how much waits, and stops reading.
 */
import type { OutcomeStatus, RemoteError } from "@tq/common";
import { countIds, IdRunsBuilder, SparseBuilder } from "@tq/common/protocol";
import { encodeValues, type Outcomes, type Push, ValuesEncoder } from "@tq/common/wire";
import type { Attempt, PushedLane } from "./attempt.ts";
import { coreLimits } from "./limits.ts";
import type { PushCounts } from "./push-counts.ts";

export interface OutcomesPort {
  isWritable(sink: string): boolean;
  send(sink: string, message: Outcomes): void;
}

export interface OutcomesOptions {
  /** Name of the worker. */
  readonly worker: string;
  readonly definitions: readonly Outcomes["definition"][];
  readonly payloadBytesMax: number;
}

interface Sealed {
  readonly message: Outcomes;
  readonly tasks: number;
  readonly bytes: number;
  /** It is in the pipe. */
  readonly sent: () => void;
}

interface SinkQueue {
  readonly sealed: Sealed[];
  /** Those that gather something. */
  gathering: Gathering[];
  /** Since when something waits and nothing leaves; infinite once that is said. */
  stuckSince: number | undefined;
}

/** Outcomes of one sink that have waited for its pipe for long. */
export interface StuckOutcomes {
  readonly sink: string;
  readonly waitedMs: number;
}

type LaneOf = Pick<PushedLane, "ventilator" | "epoch" | "definition">;

class OutcomesLane implements PushedLane {
  readonly ventilator: number;
  readonly epoch: number;
  readonly definition: number;
  readonly #outcomes: (outcome: OutcomeStatus) => Gathering;
  readonly #gatherings = new Map<OutcomeStatus, Gathering>();

  constructor(of: LaneOf, outcomes: (outcome: OutcomeStatus) => Gathering) {
    this.ventilator = of.ventilator;
    this.epoch = of.epoch;
    this.definition = of.definition;
    this.#outcomes = outcomes;
  }

  completed(attempt: Attempt, output: unknown): void {
    this.#gathering("completed").add(attempt, output);
  }

  failed(attempt: Attempt, error: RemoteError): void {
    this.#gathering("failed").add(attempt, error);
  }

  expired(attempt: Attempt): void {
    this.#gathering("expired").add(attempt, null);
  }

  #gathering(outcome: OutcomeStatus): Gathering {
    const known = this.#gatherings.get(outcome);
    if (known !== undefined) return known;
    const gathering = this.#outcomes(outcome);
    this.#gatherings.set(outcome, gathering);
    return gathering;
  }
}

export class OutcomesOutbox {
  readonly #options: OutcomesOptions;
  readonly #port: OutcomesPort;
  readonly #sinks = new Map<string, SinkQueue>();
  readonly #lanes = new WeakMap<PushCounts, Map<string, PushedLane>>();
  /** Outcomes that are not in a pipe yet, and the bytes of their values. */
  tasks = 0;
  bytes = 0;

  constructor(options: OutcomesOptions, port: OutcomesPort) {
    this.#options = options;
    this.#port = port;
  }

  /** Whether outcomes wait for this sink. */
  owes(sink: string): boolean {
    const queue = this.#sinks.get(sink);
    return queue !== undefined && (queue.sealed.length > 0 || queue.gathering.length > 0);
  }

  lane(of: LaneOf, counts: PushCounts, sink: string): PushedLane {
    let lanes = this.#lanes.get(counts);
    if (lanes === undefined) {
      lanes = new Map();
      this.#lanes.set(counts, lanes);
    }
    const key = `${of.definition} ${sink}`;
    let lane = lanes.get(key);
    if (lane === undefined) {
      lane = this.#createLane(of, counts, sink);
      lanes.set(key, lane);
    }
    return lane;
  }

  #createLane(of: LaneOf, counts: PushCounts, sink: string): PushedLane {
    const { worker, definitions, payloadBytesMax } = this.#options;
    const { definition } = of;
    const info = definitions[definition] ?? { name: "" };
    return new OutcomesLane(of, (outcome) => {
      const queue = this.#queue(sink);
      const gathering: Gathering = new Gathering(payloadBytesMax, {
        began: () => void queue.gathering.push(gathering),
        added: (bytes) => {
          this.tasks += 1;
          this.bytes += bytes;
        },
        filled: () => this.#seal(queue, gathering),
        seal: (columns) => {
          const tasks = columns.durationsUs.length;
          return {
            message: { verb: "OUTCOMES", worker, definition: info, outcome, ...columns },
            tasks,
            bytes: gathering.sealedBytes,
            sent: () => counts.settled(definition, tasks),
          };
        },
      });
      return gathering;
    });
  }

  /** All tasks of this message failed in the same way. */
  failAll({ sink, definition, ids }: Push, error: RemoteError): void {
    const tasks = countIds(ids);
    const values = encodeValues(new Array<RemoteError>(tasks).fill(error));
    const durationsUs = new Array<number>(tasks).fill(0);
    const { worker } = this.#options;
    const message: Outcomes = {
      verb: "OUTCOMES",
      worker,
      definition,
      outcome: "failed",
      ids,
      durationsUs,
      values,
    };
    const bytes = values.slab.length;
    this.tasks += tasks;
    this.bytes += bytes;
    this.#queue(sink).sealed.push({ message, tasks, bytes, sent: () => {} });
  }

  flush(now: number): void {
    if (this.tasks === 0) return;
    for (const [sink, queue] of this.#sinks) {
      while (this.#hasSealed(queue) && this.#port.isWritable(sink)) {
        this.#sendOne(sink, queue);
        queue.stuckSince = undefined;
      }
      if (this.owes(sink)) queue.stuckSince ??= now;
    }
  }

  /** Whose outcomes have waited for so long without one that left. Each is given once, until one leaves. */
  takeStuck(now: number, afterMs: number): StuckOutcomes[] {
    const stuck: StuckOutcomes[] = [];
    for (const [sink, queue] of this.#sinks) {
      const waitedMs = now - (queue.stuckSince ?? now);
      if (waitedMs < afterMs) continue;
      queue.stuckSince = Number.POSITIVE_INFINITY;
      stuck.push({ sink, waitedMs });
    }
    return stuck;
  }

  #sendOne(sink: string, queue: SinkQueue): void {
    const sealed = queue.sealed.shift();
    if (sealed === undefined) return;
    this.tasks -= sealed.tasks;
    this.bytes -= sealed.bytes;
    this.#port.send(sink, sealed.message);
    sealed.sent();
  }

  /** Whether there is a message to send; what gathers is made one as late as possible. */
  #hasSealed(queue: SinkQueue): boolean {
    const [first] = queue.gathering;
    if (queue.sealed.length === 0 && first !== undefined) this.#seal(queue, first);
    return queue.sealed.length > 0;
  }

  #seal(queue: SinkQueue, gathering: Gathering): void {
    queue.gathering = queue.gathering.filter((other) => other !== gathering);
    queue.sealed.push(gathering.take());
  }

  #queue(sink: string): SinkQueue {
    let queue = this.#sinks.get(sink);
    if (queue === undefined) {
      queue = { sealed: [], gathering: [], stuckSince: undefined };
      this.#sinks.set(sink, queue);
    }
    return queue;
  }
}

type Columns = Pick<Outcomes, "ids" | "traceparent" | "durationsUs" | "values">;

interface GatheringHost {
  /** The first one was added. */
  began(): void;
  added(bytes: number): void;
  /** As many as fit into a message. */
  filled(): void;
  seal(columns: Columns): Sealed;
}

/** The columns of one OUTCOMES message that is being gathered. */
class Gathering {
  readonly #host: GatheringHost;
  readonly #ids = new IdRunsBuilder();
  readonly #traceparents = new SparseBuilder<string>();
  readonly #values: ValuesEncoder;
  #durationsUs: number[] = [];
  /** Of the message that was taken last. */
  sealedBytes = 0;

  constructor(payloadBytesMax: number, host: GatheringHost) {
    this.#values = new ValuesEncoder({ payloadBytesMax });
    this.#host = host;
  }

  add(attempt: Attempt, value: unknown): void {
    const bytes = this.#values.add(value);
    const { count } = this.#ids;
    if (attempt.traceparent !== undefined) this.#traceparents.add(count, attempt.traceparent);
    this.#ids.add(attempt.home?.origin ?? "", attempt.seq);
    this.#durationsUs.push(attempt.durationUs);
    this.#host.added(bytes);
    if (count === 0) this.#host.began();
    const isFull =
      count + 1 >= coreLimits.tasksPerMessageMax || this.#values.bytes >= coreLimits.resultsBytesTarget;
    if (isFull) this.#host.filled();
  }

  take(): Sealed {
    const durationsUs = this.#durationsUs;
    this.#durationsUs = [];
    this.sealedBytes = this.#values.bytes;
    const traceparent = this.#traceparents.take();
    return this.#host.seal({
      ids: this.#ids.take(),
      ...(traceparent === undefined ? {} : { traceparent }),
      durationsUs,
      values: this.#values.take(),
    });
  }
}
