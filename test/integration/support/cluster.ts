/**
 * A sink, a ventilator and whatever else a test starts, over tcp on this machine, with quiet logs, recorded events, and
 * an end in the right order.
 */
import type { Timing } from "@tq/common/protocol";
import { type Producer, type ProducerEvent, type ProducerOptions, startProducer } from "@tq/producer";
import { type Sink, type SinkEvent, type SinkOptions, startSink } from "@tq/sink";
import {
  startVentilator,
  type Ventilator,
  type VentilatorEvent,
  type VentilatorOptions,
} from "@tq/ventilator";
import { startWorker, type Worker, type WorkerEvent, type WorkerOptions } from "@tq/worker";
import { expect, vi } from "vitest";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy.ts";
import { CapturedLog } from "./captured-log.ts";
import { CollectedResults } from "./collected-results.ts";
import { EventLog } from "./event-log.ts";
import { WorkerProcess, type WorkerProcessOptions } from "./worker-process.ts";

export const anyPort = "tcp://127.0.0.1:*";

export interface ClusterOptions {
  /** Of all its roles. Default: tq's own. */
  readonly timing?: Timing | undefined;
  readonly sink?: Partial<SinkOptions>;
  readonly ventilator?: Partial<VentilatorOptions>;
  /** Where ventilator and workers believe the sink to be, for a proxy. */
  readonly sinkProxy?: boolean;
}

export type Heard<Role, Event extends { type: string }> = {
  readonly role: Role;
  readonly events: EventLog<Event>;
};

export class Cluster implements AsyncDisposable {
  readonly logs = { sink: new CapturedLog(), ventilator: new CapturedLog(), worker: new CapturedLog() };
  readonly sinkEvents = new EventLog<SinkEvent>();
  readonly events = new EventLog<VentilatorEvent>();
  readonly #timing: Timing | undefined;
  readonly #stack = new AsyncDisposableStack();
  #sink: Sink | undefined;
  #results: CollectedResults | undefined;
  #ventilator: Ventilator | undefined;
  #sinkProxy: TcpProxy | undefined;

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options.timing);
    await cluster.#start(options);
    return cluster;
  }

  private constructor(timing: Timing | undefined) {
    this.#timing = timing;
  }

  get sink(): Sink {
    return started(this.#sink);
  }

  /** What the sink has committed. */
  get results(): CollectedResults {
    return started(this.#results);
  }

  get ventilator(): Ventilator {
    return started(this.#ventilator);
  }

  get sinkProxy(): TcpProxy {
    return started(this.#sinkProxy);
  }

  /** Closed with the cluster, before what was added earlier. */
  use<Thing extends AsyncDisposable>(thing: Thing): Thing {
    return this.#stack.use(thing);
  }

  async proxy(target: string): Promise<TcpProxy> {
    return this.use(await startTcpProxy(target));
  }

  async worker(
    options: Partial<WorkerOptions> & Pick<WorkerOptions, "handlers">,
  ): Promise<Heard<Worker, WorkerEvent>> {
    const events = new EventLog<WorkerEvent>();
    const ventilators = [this.ventilator.endpoints.workers];
    const { log } = this.logs.worker;
    const role = await startWorker(
      { ventilators, log, ...options },
      { timing: this.#timing, onEvent: events.push },
    );
    this.#closeLater(role);
    return { role, events };
  }

  /** Resolves when it connects; `worker.joined` says that it is here. */
  workerProcess(options: Partial<WorkerProcessOptions["worker"]> = {}): Promise<WorkerProcess> {
    const ventilators = [this.ventilator.endpoints.workers];
    return this.use(new WorkerProcess({ worker: { ventilators, ...options }, timing: this.#timing })).ready();
  }

  async producer(options: Partial<ProducerOptions> = {}): Promise<Heard<Producer, ProducerEvent>> {
    const events = new EventLog<ProducerEvent>();
    const role = await startProducer(
      { ventilators: [started(this.ventilator.endpoints.producers)], log: this.logs.worker.log, ...options },
      { timing: this.#timing, onEvent: events.push },
    );
    this.#closeLater(role);
    return { role, events };
  }

  /** Another sink, where the first one is or was. Closed with the cluster. */
  async startSink(options: Partial<SinkOptions> = {}): Promise<Sink> {
    const sink = await startSink(
      { bind: anyPort, log: this.logs.sink.log, ...options },
      { timing: this.#timing, onEvent: this.sinkEvents.push },
    );
    this.#closeLater(sink);
    return sink;
  }

  /** Another ventilator. Closed with the cluster. */
  async startVentilator(
    options: Partial<VentilatorOptions> = {},
    events = new EventLog<VentilatorEvent>(),
  ): Promise<Heard<Ventilator, VentilatorEvent>> {
    const role = await startVentilator(
      { workers: anyPort, producers: anyPort, log: this.logs.ventilator.log, ...options },
      { timing: this.#timing, onEvent: events.push },
    );
    this.#closeLater(role);
    return { role, events };
  }

  /** Waits until nothing is unsettled, and shows that nothing is left over anywhere. */
  async expectRest(): Promise<void> {
    const { ventilator } = this;
    await vi.waitFor(() => expect(ventilator.stats()).toMatchObject({ unsettled: 0 }), waitOptions);
    const { leased, leasesByWorker, ready, suspects, withoutSink, unsettledBytes } = ventilator.stats();
    expect({ leased, ready, suspects, withoutSink, unsettledBytes }).toEqual({
      leased: 0,
      ready: 0,
      suspects: 0,
      withoutSink: 0,
      unsettledBytes: 0,
    });
    expect(Object.values(leasesByWorker).filter((leases) => leases > 0)).toEqual([]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  async #start({ sink, ventilator, sinkProxy }: ClusterOptions): Promise<void> {
    this.#sink = await this.startSink(sink);
    this.#results = new CollectedResults(this.#sink);
    let { endpoint } = this.#sink;
    if (sinkProxy === true) {
      this.#sinkProxy = await this.proxy(endpoint);
      endpoint = this.#sinkProxy.endpoint;
    }
    const { role } = await this.startVentilator({ sinks: [endpoint], ...ventilator }, this.events);
    this.#ventilator = role;
  }

  /** A drain would wait for what a test has left. */
  #closeLater(role: { close(): Promise<void> }): void {
    this.#stack.defer(() => role.close());
  }
}

const started = <Thing>(thing: Thing | undefined): Thing => {
  if (thing === undefined) throw new Error("the cluster has none");
  return thing;
};

/** Generous: a busy machine is no failure. */
export const waitOptions = { timeout: 20_000, interval: 10 };
