/** One simulated world: its clock, its network, its roles, and everything that is known of it from outside. */
import { VirtualClock } from "@tq/common/transport";
import type { IdRuns, Message } from "@tq/common/wire";
import type { JournalContents } from "../../../packages/ventilator/src/core/journal/journal-port.ts";
import type { Configuration } from "./configuration.ts";
import type { Disk } from "./disk.ts";
import { History } from "./history.ts";
import type { Client } from "./network/client.ts";
import { Network } from "./network/network.ts";
import { createRandomStreams, type RandomStreams } from "./random-streams.ts";
import type { CommittedTask, Role, RoleSurroundings, Submitting } from "./role.ts";
import { ProducerRole } from "./roles/producer-role.ts";
import { SinkRole } from "./roles/sink-role.ts";
import { VentilatorRole } from "./roles/ventilator-role.ts";
import { WorkerRole } from "./roles/worker-role.ts";
import type { Observer, Speaker } from "./surroundings.ts";
import { Trace } from "./trace.ts";
import type { Workload } from "./workload.ts";

/** More than any of these small worlds needs for a few seconds. */
const eventsMax = 50_000;

export interface WorldOptions {
  readonly seed: number;
  readonly configuration: Configuration;
  readonly workload: Workload;
}

export class World implements RoleSurroundings {
  readonly clock = new VirtualClock();
  readonly streams: RandomStreams;
  readonly network: Network;
  readonly trace = new Trace();
  readonly observers: Observer[] = [];
  readonly bugs: unknown[] = [];
  readonly history = new History();
  readonly configuration: Configuration;
  readonly workload: Workload;
  readonly ventilators: VentilatorRole[] = [];
  readonly sinks: SinkRole[] = [];
  readonly workers: WorkerRole[] = [];
  readonly producers: ProducerRole[] = [];
  /** All that there ever were. */
  readonly submitters: Submitting[] = [];
  /** Broken promises, in words. */
  readonly violations: string[] = [];
  /** Kinds of faults that have struck. */
  readonly struck = new Set<string>();
  wakes = 0;
  processes = 0;
  /** Stores that were lost as a whole. */
  lostStores = 0;
  /** Of ventilators that have died. */
  movedInDoubt = 0;
  #drawn = 0;
  #sessions = 0;

  constructor({ seed, configuration, workload }: WorldOptions) {
    this.configuration = configuration;
    this.workload = workload;
    this.streams = createRandomStreams(seed);
    this.observers.push({ heard: ({ message }) => this.#heard(message) });
    const { keepsQueues, pipeMessagesMax: messagesMax } = configuration;
    this.network = new Network({
      clock: this.clock,
      random: this.streams.network,
      keepsQueues,
      messagesMax,
      reconnectMs: 1,
    });
  }

  /** Starts everything. After the observers are there. */
  begin(): void {
    const { sinks, ventilators, workers, producers } = this.configuration;
    for (let place = 0; place < sinks; place++) this.sinks.push(new SinkRole(this, place));
    for (let place = 0; place < ventilators; place++) this.ventilators.push(new VentilatorRole(this, place));
    for (let place = 0; place < workers; place++) this.addWorker();
    for (let place = 0; place < producers; place++) this.producers.push(new ProducerRole(this, place));
  }

  get roles(): readonly Role[] {
    return [...this.ventilators, ...this.sinks, ...this.workers, ...this.producers];
  }

  get disks(): readonly Disk<unknown>[] {
    const journals = this.ventilators
      .map(({ journal }) => journal)
      .filter((journal) => journal !== undefined);
    return [...this.sinks.map(({ store }) => store), ...journals].map(({ disk }) => disk as Disk<unknown>);
  }

  /** Connections of others to what it binds. */
  clientsOf({ name }: Role): Client[] {
    return [...this.network.clients].filter((client) => client.name.split(".")[0] === name);
  }

  /** `bootId`: of another one, as on a cloned machine. */
  addWorker(bootId?: string): void {
    this.workers.push(new WorkerRole(this, this.workers.length, bootId));
  }

  /** Eight bytes that nobody else has. */
  readonly draw64 = (): string => {
    this.#drawn += 1;
    return this.#drawn.toString(16).padStart(16, "0");
  };

  /** Sessions count up from here, and no other start uses them. */
  firstSession(): number {
    this.#sessions += 1;
    return this.#sessions * 2 ** 20;
  }

  reported(process: Speaker, event: { readonly type: string }): void {
    this.trace.note({
      at: this.clock.now(),
      who: process.name,
      what: `reports ${event.type}`,
      message: undefined,
    });
    for (const observer of this.observers) observer.reported?.(process, event);
    if (event.type === "tasks.lost") this.#lost(event);
  }

  #heard(message: Message): void {
    if (message.verb !== "RECLAIMED") return;
    this.history.each(message.ended, (task) => {
      task.isOver = true;
    });
  }

  #lost(event: object): void {
    if (!("ids" in event) || !Array.isArray(event.ids)) return;
    for (const { origin, first, last } of event.ids as { origin: string; first: number; last: number }[]) {
      for (let seq = first; seq <= last; seq++) {
        const task = this.history.find(origin, seq);
        if (task !== undefined) task.isLost = true;
      }
    }
  }

  /** A store has it for good. */
  committed(store: string, { origin, seq, outcome }: CommittedTask): void {
    this.history.find(origin, seq)?.commits.push({ store, outcome });
  }

  replayed(process: Speaker, contents: JournalContents): void {
    for (const observer of this.observers) observer.replayed?.(process, contents);
  }

  accepted(ventilator: number, ids: IdRuns): void {
    for (const observer of this.observers) observer.accepted?.(ventilator, ids);
  }

  violated(invariant: string, what: string): void {
    this.violations.push(`${invariant}: ${what}`);
  }

  /** Its process dies, and is started anew after a while. */
  restart(role: Role, downMs: number): void {
    if (!role.process.isAlive) return;
    role.crash();
    this.startLater(role, downMs);
  }

  startLater(role: Role, afterMs: number): void {
    this.clock.after(afterMs, () => {
      if (!role.process.isAlive) role.start();
    });
  }

  /** A disk failed under it: it ends without a word, and is started anew. */
  failStop(role: Role): void {
    this.restart(role, 100);
  }

  /** Runs everything that is due by then. A world that never comes there spins, and that is a violation, too. */
  runUntil(at: number): void {
    for (let events = 0; this.clock.nextAt <= at; events++) {
      if (events > eventsMax)
        throw new Error(`${eventsMax} events from ${this.clock.now()} ms on, and no end`);
      this.clock.step();
    }
    this.clock.runUntil(at);
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.network.rest();
    for (const disk of this.disks) disk.rest();
    for (const role of this.roles) {
      if (!role.process.isAlive) role.start();
      role.process.drift(1);
    }
  }
}
