/**
 * A ventilator, workers, a sink and submitters in one simulated world, and what is known of every task: what was
 * accepted, what was committed and how often, what its owner was told.
 */
import type { OutcomeStatus } from "@tq/common";
import {
  forEachId,
  idRun,
  type SubmitEvents,
  type SubmitOrigins,
  type SubmitPort,
  type Timing,
} from "@tq/common/protocol";
import { decodeValueAt, decodeValues, encodeValues, type IdRuns, type Values } from "@tq/common/wire";
import { ProducerCore } from "../../packages/producer/src/core/producer-core.ts";
import { SinkCore } from "../../packages/sink/src/core/sink-core.ts";
import { createMemoryStore } from "../../packages/sink/src/store/memory-store.ts";
import { VentilatorCore } from "../../packages/ventilator/src/core/ventilator-core.ts";
import { createStartedAttempt } from "../../packages/worker/src/core/port.ts";
import { WorkerCore } from "../../packages/worker/src/core/worker-core.ts";
import { checkPayload, payloadOf } from "./payloads.ts";
import { SimulatedNode, type World, withHandlers } from "./world.ts";

export const timing: Timing = { heartbeatMs: 250, liveness: 3, helloRetryMs: 5, unreachableAfterMs: 5_000 };

export const policy = {
  maxAttempts: 4,
  crashLimit: 3,
  timeoutMs: 60_000,
  backoff: { initialMs: 20, factor: 2, maxMs: 500, jitter: 0.5 },
};

/** What became of one task, by everybody who has a say. */
export interface TaskRecord {
  accepted: boolean;
  rejected: string | undefined;
  /** Cancelled before it was accepted, and not accepted since: it must never run. */
  isRevoked: boolean;
  /** Outcomes a sink has committed. More than one is a broken promise. */
  readonly committed: OutcomeStatus[];
  /** In which sink's store, commit by commit; where there are several. */
  readonly stores: number[];
  /** Outcomes the owner was told as final. */
  readonly settled: OutcomeStatus[];
  /** Outcomes of an answered task that reached its owner. */
  readonly answered: OutcomeStatus[];
  /** How often a handler was called for it. */
  runs: number;
}

export class Records {
  readonly #byId = new Map<string, TaskRecord>();

  of(origin: string, seq: number): TaskRecord {
    const id = `${origin}-${seq}`;
    let record = this.#byId.get(id);
    if (record === undefined) {
      record = {
        accepted: false,
        rejected: undefined,
        isRevoked: false,
        committed: [],
        stores: [],
        settled: [],
        answered: [],
        runs: 0,
      };
      this.#byId.set(id, record);
    }
    return record;
  }

  each(ids: IdRuns, visit: (record: TaskRecord) => void): void {
    forEachId(ids, (origin, seq) => visit(this.of(origin, seq)));
  }

  [Symbol.iterator](): IterableIterator<[string, TaskRecord]> {
    return this.#byId.entries();
  }
}

export interface PipelineOptions {
  readonly workers: number;
  readonly slots: number;
  /** Of an attempt, by a handler that throws. */
  readonly failure: number;
  /** Of a failed attempt: another would be useless. */
  readonly finality: number;
  /** Of an attempt, by a process that dies. */
  readonly death: number;
}

/** Whoever submits, and the process that it lives in. */
export interface Submitter {
  readonly port: SubmitPort;
  readonly node: SimulatedNode;
  readonly origins: SubmitOrigins;
  /** The next seq of each origin. */
  readonly next: { sink: number; answer: number };
  /** The same of pushed tasks, by definition. */
  readonly pushed: Map<string, { readonly origin: string; next: number }>;
  /** Tasks that wait for credit. */
  waiting: number;
  credit(): number;
}

export class Pipeline {
  readonly world: World;
  readonly records = new Records();
  readonly ventilator: VentilatorCore;
  readonly ventilatorNode: SimulatedNode;
  readonly workers: { node: SimulatedNode; core: WorkerCore }[] = [];
  readonly options: PipelineOptions;
  sink: { node: SimulatedNode; core: SinkCore };
  readonly #store = createMemoryStore("the-sink");
  #sessions = 1;

  constructor(world: World, options: PipelineOptions) {
    this.world = world;
    this.options = options;
    this.sink = this.#startSink();
    this.ventilatorNode = new SimulatedNode(world);
    this.ventilator = this.#startVentilator(this.ventilatorNode);
    for (let count = 0; count < options.workers; count++) this.startWorker();
  }

  /** A process with handlers that take a while, fail or die as the options say. */
  startWorker(): void {
    const { world } = this;
    const node = new SimulatedNode(world);
    node.connect("ventilator:0", "workers");
    const core = new WorkerCore(
      {
        now: world.clock.now(),
        timing,
        name: `worker-${this.workers.length}`,
        definitions: [{ name: "work", policy }],
        slots: this.options.slots,
        ventilators: ["ventilator:0"],
      },
      {
        send: (channel, message) => node.send(channel, undefined, message),
        connect: (channel) => node.connect(channel, "sink"),
        disconnect: (channel) => node.disconnect(channel),
        ...node.workerPipes,
        abort: () => {},
        report: () => {},
        drawBootId: world.draw64,
      },
    );
    node.run(withHandlers(core, (now) => this.#runHandlers(now, node, core)));
    this.workers.push({ node, core });
  }

  /** The sink's process dies and is started again over the same store. */
  restartSink(): void {
    this.sink.node.crash();
    this.sink = this.#startSink();
  }

  /** In the ventilator's process. */
  localSubmitter(origins: SubmitOrigins): Submitter {
    const events = recordingEvents(this.records, () => port, checkPayloads);
    const port = this.ventilator.attach(events, () => this.world.clock.now());
    return {
      port,
      node: this.ventilatorNode,
      ...submitterOf(origins),
      credit: () => Number.POSITIVE_INFINITY,
    };
  }

  /** In a process of its own. */
  remoteSubmitter(origins: SubmitOrigins): Submitter {
    const { world } = this;
    const node = new SimulatedNode(world);
    const channel = "ventilator:0";
    node.connect(channel, "producers");
    let credit = 0;
    const events: SubmitEvents = {
      ...recordingEvents(this.records, () => core, checkPayloads),
      credit: (tasks) => {
        credit = tasks;
      },
    };
    const core: ProducerCore = new ProducerCore({
      now: world.clock.now(),
      timing,
      name: "producer",
      ventilators: [{ channel, endpoint: "memory:producers", origins }],
      port: {
        send: (to, message) => node.send(to, undefined, message),
        report: () => {},
        drawBootId: world.draw64,
        events,
      },
    });
    node.run(core);
    return { port: core, node, ...submitterOf(origins), credit: () => credit };
  }

  /** Hands a batch over as soon as there is credit for it; ids are given at that moment, without gaps. */
  submit(submitter: Submitter, count: number, reply: "sink" | "answer"): void {
    const { port, node, origins, next } = submitter;
    submitter.waiting += count;
    const attempt = (): void => {
      if (submitter.credit() < count) return node.after(10, attempt);
      submitter.waiting -= count;
      const first = next[reply];
      next[reply] += count;
      const ids = idRun(origins[reply], first, count);
      const seqs: number[] = [];
      forEachId(ids, (origin, seq) => {
        seqs.push(seq);
        this.records.of(origin, seq);
      });
      const values = encodeValues(seqs.map(payloadOf));
      port.submit({ definition: { name: "work", policy }, reply, ids, options: {}, values }, 0);
    };
    node.after(0, attempt);
  }

  /** An id that is settled already is refused, which changes nothing. */
  cancel({ port, node }: Submitter, ids: IdRuns): void {
    node.after(0, () => port.cancel(ids));
  }

  #runHandlers(now: number, node: SimulatedNode, core: WorkerCore): void {
    const { world, options } = this;
    const attempt = createStartedAttempt();
    while (core.take(now, attempt)) {
      const { origin, seq } = attempt;
      const ticket = { slot: attempt.slot, run: attempt.run };
      this.records.of(origin, seq).runs += 1;
      const input = decodeValueAt(attempt);
      checkPayload(seq, input);
      const fails = world.chance(options.failure);
      const final = world.chance(options.finality);
      const dies = world.chance(options.death);
      node.after(world.between(0, 15), () => {
        if (dies) {
          node.crash();
          world.clock.after(50, () => this.startWorker());
        } else if (fails) core.failed(ticket, { error: { name: "Error", message: "boom" }, final });
        else core.completed(ticket, input, 1_000);
      });
    }
  }

  #startVentilator(node: SimulatedNode): VentilatorCore {
    const { world } = this;
    node.bind("workers", "workers");
    node.bind("producers", "producers");
    node.connect("sink:0", "sink");
    const core = new VentilatorCore({
      now: world.clock.now(),
      identity: { bootId: world.draw64(), name: "ventilator", epoch: 1 },
      firstSession: this.#firstSession(),
      timing,
      sinks: ["memory:sink"],
      port: {
        send: node.send,
        isWritable: (channel) => node.isWritable(channel),
        report: () => {},
        random: world.random,
        drawBootId: world.draw64,
      },
    });
    node.run(core);
    return core;
  }

  #startSink(): { node: SimulatedNode; core: SinkCore } {
    const { world } = this;
    const node = new SimulatedNode(world);
    node.bind("sink", "sink");
    const bootId = world.draw64();
    const core: SinkCore = new SinkCore({
      identity: { bootId, name: "sink", sinkId: "the-sink", firstSession: this.#firstSession() },
      timing,
      window: this.#store.restore(),
      port: {
        send: (route, message) => node.send("sink", route, message),
        report: () => {},
        offered: () => node.after(world.between(0, 10), read),
        write: (number, change) => this.#store.write(number, change),
        holdPush: (isHeld) => (isHeld ? node.pause("push") : node.resume("push")),
        drained: () => {},
      },
    });
    this.#store.listen({
      persisted: (through) => core.persisted(world.clock.now(), through),
      full: () => {},
      failed: () => {},
    });
    const reader = core.openReader();
    const read = (): void => {
      for (let reading = core.take(reader); reading !== undefined; reading = core.take(reader)) {
        const { batch, from } = reading;
        if (batch.outcome === "completed") checkPayloads(batch.ids, batch.values);
        let row = 0;
        this.records.each(batch.ids, (record) => {
          if (row >= from) record.committed.push(batch.outcome);
          row += 1;
        });
        core.commit(reading, batch.count);
      }
    };
    node.run(core);
    node.after(0, read);
    return { node, core };
  }

  #firstSession(): number {
    this.#sessions += 1;
    return this.#sessions * 2 ** 20;
  }
}

function checkPayloads(ids: IdRuns, values: Values): void {
  const outputs = decodeValues(values);
  let row = 0;
  forEachId(ids, (_origin, seq) => checkPayload(seq, outputs[row++]));
}

export const submitterOf = (origins: SubmitOrigins) => ({
  origins,
  next: { sink: 1, answer: 1 },
  pushed: new Map(),
  waiting: 0,
});

/** Writes down what an owner is told, and takes its answers at once. */
export const recordingEvents = (
  records: Records,
  port: () => SubmitPort,
  checkOutputs: (ids: IdRuns, outputs: Values) => void = () => {},
): SubmitEvents => ({
  credit: () => {},
  accepted: (ids) =>
    records.each(ids, (record) => {
      record.accepted = true;
      record.isRevoked = false;
    }),
  rejected: (ids, code) =>
    records.each(ids, (record) => {
      // Also the answer to a cancellation: of a task that has ended, or that came before its task did.
      if (code !== "TQ_ERR_UNKNOWN_TASK") record.rejected = code;
      else if (!record.accepted) record.isRevoked = true;
    }),
  settled: (outcome, ids) => records.each(ids, (record) => record.settled.push(outcome)),
  answer: (outcome, answers) => {
    if (outcome === "completed") checkOutputs(answers.ids, answers.values);
    records.each(answers.ids, (record) => record.answered.push(outcome));
    port().answered(answers.ids);
  },
  unreachable: () => {},
  closed: () => {},
});
