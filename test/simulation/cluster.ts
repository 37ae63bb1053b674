/**
 * Several ventilators and sinks that share workers, in one simulated world, and everything that can be done to them: to
 * crash, to come back with or without memory, to stand still, to drain and to leave.
 */
import { type TaskPolicy, TqError } from "@tq/common";
import { taskEventTypes } from "@tq/common/events";
import type { SubmitOrigins } from "@tq/common/protocol";
import { forEachId, idRun, type SubmitEvents, type SubmitPort } from "@tq/common/protocol";
import { encodeValues, type IdRuns } from "@tq/common/wire";
import { ProducerCore } from "../../packages/producer/src/core/producer-core.ts";
import { SinkCore } from "../../packages/sink/src/core/sink-core.ts";
import { createMemoryStore } from "../../packages/sink/src/store/memory-store.ts";
import { VentilatorCore } from "../../packages/ventilator/src/core/ventilator-core.ts";
import { createStartedAttempt } from "../../packages/worker/src/core/port.ts";
import { WorkerCore } from "../../packages/worker/src/core/worker-core.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import { policy, Records, recordingEvents, type Submitter, submitterOf, timing } from "./pipeline.ts";
import { SimulatedNode, type World, withHandlers } from "./world.ts";

export type { ClusterOptions, Fate } from "./cluster-options.ts";

interface RunningWorker {
  readonly node: SimulatedNode;
  readonly core: WorkerCore;
}

export interface RunningSink {
  readonly node: SimulatedNode;
  readonly core: SinkCore;
  /** What it remembers over a restart. */
  readonly store: ReturnType<typeof createMemoryStore>;
}

export interface RunningVentilator {
  readonly node: SimulatedNode;
  readonly core: VentilatorCore;
  readonly epoch: number;
}

export class Cluster {
  readonly world: World;
  readonly options: ClusterOptions;
  readonly records = new Records();
  readonly ventilators: RunningVentilator[] = [];
  readonly sinks: RunningSink[] = [];
  readonly workers: RunningWorker[] = [];
  readonly submitters: Submitter[] = [];
  /** Everything that was reported, by type. */
  readonly reported = new Map<string, number>();
  #sessions = 1;

  constructor(world: World, options: ClusterOptions) {
    this.world = world;
    this.options = options;
    for (let place = 0; place < options.sinks; place++) this.startSink(place);
    for (let place = 0; place < options.ventilators; place++) this.startVentilator(place);
    for (let count = 0; count < options.workers; count++) this.startWorker();
  }

  get #policy(): TaskPolicy {
    return this.options.policy ?? policy;
  }

  get definitions(): readonly string[] {
    return this.options.definitions ?? ["work"];
  }

  ventilator(place = 0): RunningVentilator {
    const running = this.ventilators[place];
    if (running === undefined) throw new Error(`there is no ventilator ${place}`);
    return running;
  }

  sink(place = 0): RunningSink {
    const running = this.sinks[place];
    if (running === undefined) throw new Error(`there is no sink ${place}`);
    return running;
  }

  startVentilator(place: number): RunningVentilator {
    const { world, options } = this;
    const node = new SimulatedNode(world);
    node.bind("workers", `v${place}.workers`);
    node.bind("producers", `v${place}.producers`);
    for (let sink = 0; sink < options.sinks; sink++) node.connect(`sink:${sink}`, `s${sink}`);
    const journal = options.journals?.[place]?.open({
      now: () => world.clock.now(),
      inTurn: (run) => node.after(0, run),
      failed: () => this.ventilator(place).node.crash(),
    });
    const epoch = journal?.epoch ?? (this.ventilators[place]?.epoch ?? 0) + 1;
    const core: VentilatorCore = new VentilatorCore({
      now: world.clock.now(),
      identity: { bootId: world.draw64(), name: `ventilator-${place}`, epoch },
      firstSession: this.#firstSession(),
      timing,
      sinks: Array.from({ length: options.sinks }, (_, sink) => `memory:s${sink}`),
      limits: options.ventilatorLimits,
      port: {
        send: node.send,
        isWritable: (channel) => node.isWritable(channel),
        report: this.report,
        reportTasks: (steps) => options.onSteps?.(steps),
        random: world.random,
        drawBootId: world.draw64,
        journal: journal?.port,
      },
      journal: journal?.contents,
    });
    journal?.tell(core);
    if (options.push === true) {
      node.bindPush("push", `v${place}.push`);
      core.setEndpoints({ workers: `memory:v${place}.workers`, push: `memory:v${place}.push` });
    }
    if (options.onSteps !== undefined) core.watchTasks(new Set(taskEventTypes));
    node.run(core);
    const running = { node, core, epoch };
    this.ventilators[place] = running;
    return running;
  }

  /** Its process dies, and with it what it had accepted, but for what its journal has. */
  crashVentilator(place: number): void {
    this.ventilator(place).node.crash();
    this.options.journals?.[place]?.disk.crash();
  }

  restartVentilator(place: number): RunningVentilator {
    this.crashVentilator(place);
    return this.startVentilator(place);
  }

  /** `store`: what an earlier start of it remembers. */
  startSink(place: number, store = createMemoryStore(`sink-${place}`)): RunningSink {
    const { world, options } = this;
    const node = new SimulatedNode(world);
    node.bind("sink", `s${place}`);
    const core: SinkCore = new SinkCore({
      identity: {
        bootId: world.draw64(),
        name: `sink-${place}`,
        sinkId: store.id,
        firstSession: this.#firstSession(),
      },
      timing,
      window: store.restore(),
      limits: options.sinkLimits,
      port: {
        send: (route, message) => node.send("sink", route, message),
        report: this.report,
        reportTasks: (steps) => options.onSteps?.(steps),
        offered: () => node.after(0, read),
        write: (number, change) => store.write(number, change),
        holdPush: (isHeld) => (isHeld ? node.pause("push") : node.resume("push")),
        drained: () => {},
      },
    });
    if (options.push === true) {
      node.bindPull("push", `s${place}.push`);
      core.servePush(`memory:s${place}.push`);
    }
    if (options.onSteps !== undefined) core.watchTasks(new Set(taskEventTypes));
    store.listen({
      persisted: (through) => core.persisted(world.clock.now(), through),
      full: () => {},
      failed: () => {},
    });
    const reader = core.openReader();
    const read = (): void => {
      const reading = core.take(reader);
      if (reading === undefined) return;
      node.after(options.readMs?.(place) ?? 0, () => {
        const { batch, from } = reading;
        let row = 0;
        this.records.each(batch.ids, (record) => {
          if (row >= from) {
            record.committed.push(batch.outcome);
            record.stores.push(place);
          }
          row += 1;
        });
        core.commit(reading, batch.count);
        read();
      });
    };
    node.run(core);
    node.after(0, read);
    const running = { node, core, store };
    this.sinks[place] = running;
    return running;
  }

  /** A process with handlers, for all ventilators. */
  startWorker(): RunningWorker {
    const { world, options } = this;
    const node = new SimulatedNode(world);
    const ventilators = Array.from({ length: options.ventilators }, (_, place) => `ventilator:${place}`);
    for (const [place, channel] of ventilators.entries()) node.connect(channel, `v${place}.workers`);
    const core = new WorkerCore(
      {
        now: world.clock.now(),
        timing,
        name: `worker-${this.workers.length}`,
        definitions: this.definitions.map((name) => ({ name, policy: this.#policy })),
        slots: options.slots,
        ventilators,
        limits: options.workerLimits,
      },
      {
        send: (channel, message) => node.send(channel, undefined, message),
        connect: (channel, endpoint) => node.connect(channel, endpoint.slice("memory:".length)),
        disconnect: (channel) => node.disconnect(channel),
        ...node.workerPipes,
        abort: () => {},
        report: (event) => {
          this.report(event);
          if (event.type === "worker.drain-asked") node.after(0, () => this.#leave({ node, core }));
        },
        drawBootId: world.draw64,
      },
    );
    node.run(withHandlers(core, (now) => this.#runHandlers(now, node, core)));
    const running = { node, core };
    this.workers.push(running);
    return running;
  }

  /** As at a signal. */
  drainWorker(worker: RunningWorker): void {
    worker.core.drain();
    this.#leave(worker);
  }

  /** A worker that drains closes when it has nothing left, and another comes in its place. */
  #leave({ node, core }: RunningWorker): void {
    if (!core.isEmpty) return node.after(20, () => this.#leave({ node, core }));
    core.stop(this.world.clock.now(), new TqError("TQ_ERR_CLOSED", "the worker leaves"));
    this.world.clock.after(20, () => {
      node.crash();
      this.startWorker();
    });
  }

  /** In a ventilator's process. */
  localSubmitter(place: number, origins: SubmitOrigins): Submitter {
    const { core, node } = this.ventilator(place);
    let credit = 0;
    const events: SubmitEvents = {
      ...recordingEvents(this.records, () => port),
      credit: (tasks) => {
        credit = tasks;
      },
    };
    const port: SubmitPort = core.attach(events, () => this.world.clock.now());
    const submitter = { port, node, ...submitterOf(origins), credit: () => credit };
    this.submitters.push(submitter);
    return submitter;
  }

  /** In a process of its own. */
  remoteSubmitter(place: number, origins: SubmitOrigins): Submitter & { readonly core: ProducerCore } {
    const { world } = this;
    const node = new SimulatedNode(world);
    const channel = "ventilator:0";
    node.connect(channel, `v${place}.producers`);
    let credit = 0;
    const events: SubmitEvents = {
      ...recordingEvents(this.records, () => core),
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
        report: this.report,
        drawBootId: world.draw64,
        events,
      },
    });
    node.run(core);
    const submitter = { port: core, core, node, ...submitterOf(origins), credit: () => credit };
    this.submitters.push(submitter);
    return submitter;
  }

  /** Hands tasks over in batches as there is credit for them; ids are given at that moment, without gaps. */
  submit(submitter: Submitter, count: number, how: SubmitOptions = {}): void {
    const { port, node } = submitter;
    const { reply = "sink", batch: batchMax = count, name = this.definitions[0] ?? "work", bytes } = how;
    submitter.waiting += count;
    let left = count;
    const attempt = (): void => {
      while (left > 0 && submitter.credit() > 0) {
        const size = Math.min(left, batchMax, submitter.credit());
        left -= size;
        submitter.waiting -= size;
        const ids = this.#nextIds(submitter, { reply, name, size });
        const inputs: unknown[] = [];
        forEachId(ids, (origin, seq) => {
          inputs.push(bytes === undefined ? seq : new Uint8Array(bytes));
          this.records.of(origin, seq);
        });
        const values = encodeValues(inputs);
        port.submit({ definition: { name, policy: this.#policy }, reply, ids, options: {}, values }, 0);
      }
      if (left > 0) node.after(5, attempt);
    };
    node.after(0, attempt);
  }

  #nextIds({ origins, next, pushed }: Submitter, { reply, name, size }: NextIds): IdRuns {
    if (reply !== "push") {
      next[reply] += size;
      return idRun(origins[reply], next[reply] - size, size);
    }
    const line = pushed.get(name) ?? { origin: this.world.draw64(), next: 1 };
    pushed.set(name, line);
    line.next += size;
    return idRun(line.origin, line.next - size, size);
  }

  /** Until it holds, or the time is over. */
  runUntil(isDone: () => boolean, limitMs: number): boolean {
    const { clock } = this.world;
    const deadline = clock.now() + limitMs;
    while (!isDone() && clock.now() < deadline) clock.runUntil(clock.now() + 50);
    return isDone();
  }

  countOf(type: string): number {
    return this.reported.get(type) ?? 0;
  }

  readonly report = (event: { readonly type: string }): void => {
    this.reported.set(event.type, this.countOf(event.type) + 1);
    this.options.onEvent?.(event);
  };

  #runHandlers(now: number, node: SimulatedNode, core: WorkerCore): void {
    const { world, options } = this;
    const attempt = createStartedAttempt();
    while (core.take(now, attempt)) {
      const { origin, seq } = attempt;
      const ticket = { slot: attempt.slot, run: attempt.run };
      this.records.of(origin, seq).runs += 1;
      const fate = options.fate(attempt);
      node.after(fate.afterMs, () => {
        switch (fate.ends) {
          case "completed":
            return core.completed(ticket, fate.output ?? seq, 1_000);
          case "failed":
            return core.failed(ticket, { error: { name: "Error", message: "boom" }, final: fate.final });
          case "death":
            node.crash();
            if (options.reviveWorkers ?? true) world.clock.after(50, () => this.startWorker());
        }
      });
    }
  }

  #firstSession(): number {
    this.#sessions += 1;
    return this.#sessions * 2 ** 20;
  }
}

type Reply = "sink" | "answer" | "push";

interface NextIds {
  readonly reply: Reply;
  readonly name: string;
  readonly size: number;
}

export interface SubmitOptions {
  /** Default: sink. */
  readonly reply?: Reply;
  /** Tasks of one submission, at most. Default: all of them. */
  readonly batch?: number;
  /** Default: the first definition. */
  readonly name?: string;
  /** Size of each input. Default: the task's seq. */
  readonly bytes?: number;
}
