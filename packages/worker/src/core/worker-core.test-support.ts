/**
 * A worker's core with real sessions at the other ends, over direct message passing. Every message goes through the codec;
 * nothing is lost unless a test says so; time stands still unless a test moves it.
 */
import { defaultTiming, idRun, type ServerSession, SessionServer } from "@tq/common/protocol";
import {
  decodeMessage,
  encodeMessage,
  encodeValues,
  type FullSink,
  type Grants,
  type Hello,
  type IdRuns,
  type Message,
  type NumberedContent,
  noOptions,
  type Outcomes,
  type Role,
  type SessionMessage,
  type SinkAddress,
  type Tally,
  type Tasks,
} from "@tq/common/wire";
import type { WorkerEvent } from "./events.ts";
import {
  type AbortedAttempt,
  createStartedAttempt,
  type StartedAttempt,
  type WorkerCoreOptions,
} from "./port.ts";
import { WorkerCore } from "./worker-core.ts";

export const origin = "00000000000000aa";
export const otherOrigin = "00000000000000bb";
export const sinkAddress: SinkAddress = { id: "sink-1", endpoint: "memory:sink-1" };
export const sinkAddresses = (count: number): SinkAddress[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `sink-${index + 1}`,
    endpoint: `memory:sink-${index + 1}`,
  }));
export const timing = { ...defaultTiming, heartbeatMs: 100 };

/** The other end of one channel. */
export class Peer {
  /** What came in its sessions, in order, without heartbeats. Emptied by `take`. */
  #received: SessionMessage[] = [];
  #sessions = 0;
  server: SessionServer;
  sinks: readonly SinkAddress[] = [sinkAddress];
  /** What WELCOME adopts of what HELLO held. */
  adopts: (hello: Hello) => IdRuns | undefined = (hello) => hello.held?.ids;
  epoch = 1;
  hellos: Hello[] = [];
  grants = new Map<number, { tasks: number; bytes: number }>();
  /** The last `held` that was heard. */
  held: IdRuns | undefined;
  /** The sinks that the worker is full for, as it was said last in this session. */
  full: readonly FullSink[] | undefined;
  /** Verbs of all that came, in order; `full` where full sinks were named. Without heartbeats and other grants. */
  readonly order: string[] = [];
  /** Where its end of the push lane is. */
  push: string | undefined;
  readonly tallies: Tally[] = [];
  /** Nothing arrives, either way. */
  isCut = false;
  readonly #transmit: (message: Message) => void;
  readonly #now: () => number;
  readonly #role: Role;

  constructor(role: "ventilator" | "sink", now: () => number, transmit: (message: Message) => void) {
    this.#role = role;
    this.#now = now;
    this.#transmit = (message) => {
      if (!this.isCut) transmit(message);
    };
    this.server = this.#serve();
  }

  get session(): ServerSession {
    const [session] = this.server.sessions;
    if (session === undefined) throw new Error(`the ${this.#role} has no session`);
    return session;
  }

  /** Forgets every session, as a new process does. */
  restart(): void {
    this.server = this.#serve();
    this.grants.clear();
  }

  receive(message: Message): void {
    if (this.isCut) return;
    if (message.verb === "HELLO") this.hellos.push(message);
    this.server.receive(this.#now(), "route", message);
  }

  send(content: NumberedContent): void {
    this.session.send(this.#now(), content);
  }

  grant(tasks: number, bytes = 1_000_000): void {
    this.session.sendUnnumbered({ verb: "GRANT", grants: [0, tasks, bytes] });
  }

  lease(ids: IdRuns, options: Partial<Omit<Tasks, "verb">> = {}): void {
    let count = 0;
    for (let index = 2; index < ids.runs.length; index += 3) count += ids.runs[index] ?? 0;
    const inputs = Array.from({ length: count }, (_, index) => index);
    this.send({
      verb: "TASKS",
      epoch: this.epoch,
      definition: 0,
      sink: sinkAddress.id,
      ids,
      options: noOptions,
      values: encodeValues(inputs),
      ...options,
    });
  }

  /** What has come in since, without heartbeats and grants. */
  take(): SessionMessage[] {
    const received = this.#received;
    this.#received = [];
    return received;
  }

  takeVerbs(): string[] {
    return this.take().map(({ verb }) => verb);
  }

  #serve(): SessionServer {
    this.#sessions += 1000;
    return new SessionServer({
      identity: { bootId: "00000000000000ff", name: this.#role, epoch: this.epoch },
      timing,
      roles: ["worker"],
      firstSession: this.#sessions,
      transmit: (_route, message) => this.#transmit(message),
      handler: {
        admit: () => undefined,
        welcome: (_now, session, fresh) => {
          if (this.#role === "sink") return { sinks: [], sinkId: sinkAddress.id, push: this.push };
          const adopted = fresh ? this.adopts(session.hello) : undefined;
          return {
            sinks: this.sinks,
            ...(adopted === undefined ? {} : { adopted }),
            ...(this.push === undefined ? {} : { push: this.push }),
          };
        },
        opened: () => {
          this.grants.clear();
          this.full = undefined;
        },
        received: (_now, _session, message) => {
          if (message.verb === "HEARTBEAT" || message.verb === "GRANT") {
            this.#granted(message.grants);
            this.full = message.full ?? this.full;
            if (message.full !== undefined) this.order.push("full");
          } else if (message.verb === "TALLY") this.tallies.push(message);
          else {
            this.#received.push(message);
            this.order.push(message.verb);
          }
          if (message.verb === "HEARTBEAT" && message.held !== undefined) this.held = message.held.ids;
        },
        ended: () => {},
        heartbeatState: () => ({}),
      },
    });
  }

  #granted(grants: Grants = []): void {
    for (let index = 0; index < grants.length; index += 3) {
      this.grants.set(grants[index] ?? 0, { tasks: grants[index + 1] ?? 0, bytes: grants[index + 2] ?? 0 });
    }
  }
}

export interface WorldOptions
  extends Partial<Pick<WorkerCoreOptions, "slots" | "definitions" | "limits" | "takesPushed">> {
  readonly ventilators?: number;
  /** Default 1. */
  readonly sinks?: number;
}

export class World {
  now = 0;
  readonly events: WorkerEvent[] = [];
  readonly aborted: AbortedAttempt[] = [];
  readonly ventilators: Peer[];
  readonly sinks: readonly Peer[];
  readonly core: WorkerCore;
  /** Told to connect and not to disconnect. */
  readonly connected = new Map<string, string>();
  /** Reading channels that are not read at present. */
  readonly paused = new Set<string>();
  /** Writing channels that take nothing. */
  readonly fullPipes = new Set<string>();
  /** What came through the pipe of the sink. */
  readonly outcomes: Outcomes[] = [];
  readonly #inFlight: (() => void)[] = [];
  #boots = 0;

  constructor(options: WorldOptions = {}) {
    const channels = Array.from({ length: options.ventilators ?? 1 }, (_, index) => `ventilator:${index}`);
    this.ventilators = channels.map((channel) => this.#peer("ventilator", channel));
    const addresses = sinkAddresses(options.sinks ?? 1);
    this.sinks = addresses.map(({ id }) => this.#peer("sink", `sink:${id}`));
    for (const ventilator of this.ventilators) ventilator.sinks = addresses;
    const peers = new Map<string, Peer>();
    for (const [index, peer] of this.sinks.entries()) peers.set(`sink:sink-${index + 1}`, peer);
    for (const [index, peer] of this.ventilators.entries()) peers.set(`ventilator:${index}`, peer);
    this.core = new WorkerCore(
      {
        now: 0,
        timing,
        name: "worker",
        definitions: options.definitions ?? [{ name: "square" }],
        slots: options.slots ?? 2,
        ventilators: channels,
        limits: options.limits,
        takesPushed: options.takesPushed,
      },
      {
        send: (channel, message) => {
          const peer = peers.get(channel);
          const carried = throughCodec(message);
          if (carried.verb === "OUTCOMES") {
            this.outcomes.push(carried);
            return;
          }
          this.#inFlight.push(() => peer?.receive(carried));
        },
        connect: (channel, endpoint) => void this.connected.set(channel, endpoint),
        connectPull: (channel, { endpoint }) => void this.connected.set(channel, endpoint),
        connectPush: (channel, { endpoint }) => void this.connected.set(channel, endpoint),
        isWritable: (channel) => this.connected.has(channel) && !this.fullPipes.has(channel),
        pause: (channel) => void this.paused.add(channel),
        resume: (channel) => void this.paused.delete(channel),
        disconnect: (channel) => void this.connected.delete(channel),
        abort: (aborted) => void this.aborted.push(aborted),
        report: (event) => void this.events.push(event),
        drawBootId: () => (++this.#boots).toString(16).padStart(16, "0"),
      },
    );
    this.settle();
  }

  get ventilator(): Peer {
    const [ventilator] = this.ventilators;
    if (ventilator === undefined) throw new Error("there is a ventilator");
    return ventilator;
  }

  /** The first one, and mostly the only one. */
  get sink(): Peer {
    const [sink] = this.sinks;
    if (sink === undefined) throw new Error("there is a sink");
    return sink;
  }

  /** Delivers everything, and what that leads to, until all is quiet. */
  settle(): void {
    for (let turn = 0; turn < 1000; turn++) {
      if (this.core.wakeAt() <= this.now) this.core.wake(this.now, 0);
      this.core.flush(this.now);
      if (this.#inFlight.length === 0) return;
      for (const deliver of this.#inFlight.splice(0)) deliver();
    }
    throw new Error("the peers never come to rest");
  }

  /** Lets time pass, with everything that falls due on the way. */
  advance(ms: number): void {
    const end = this.now + ms;
    while (this.now < end) {
      this.now = Math.min(end, this.now + 10);
      for (const peer of [...this.ventilators, ...this.sinks]) peer.server.wake(this.now, 0);
      this.settle();
    }
  }

  /** Starts whatever can be started. */
  start(): StartedAttempt[] {
    const started: StartedAttempt[] = [];
    for (let next = createStartedAttempt(); this.core.take(this.now, next); next = createStartedAttempt()) {
      started.push(next);
    }
    return started;
  }

  /** Runs what can be run, one after the other, each giving its seq squared. */
  runAll(): number[] {
    const seqs: number[] = [];
    for (let next = createStartedAttempt(); this.core.take(this.now, next); next = createStartedAttempt()) {
      seqs.push(next.seq);
      this.core.completed(next, next.seq ** 2, 10);
    }
    this.settle();
    return seqs;
  }

  eventTypes(): string[] {
    return this.events.map(({ type }) => type);
  }

  #peer(role: "ventilator" | "sink", channel: string): Peer {
    return new Peer(
      role,
      () => this.now,
      (message) => {
        const carried = throughCodec(message);
        this.#inFlight.push(() => this.core.receive(this.now, { channel }, carried));
      },
    );
  }
}

/** Frames are made when a message is sent: what is changed afterwards must not arrive. */
const throughCodec = (message: Message): Message => {
  const decoded = decodeMessage(encodeMessage(message));
  if (!decoded.ok) throw new Error(`${message.verb} is not legal: ${decoded.reason}`);
  return decoded.message;
};

export const ids = (first: number, count: number, of: string = origin): IdRuns => idRun(of, first, count);

/** Ids as texts: `aa-1`. */
export const seqsOf = (list: IdRuns | undefined): number[] => {
  const seqs: number[] = [];
  for (let index = 0; index < (list?.runs.length ?? 0); index += 3) {
    const first = list?.runs[index + 1] ?? 0;
    for (let offset = 0; offset < (list?.runs[index + 2] ?? 0); offset++) seqs.push(first + offset);
  }
  return seqs;
};

export const only = <V extends SessionMessage["verb"]>(messages: SessionMessage[], verb: V) =>
  messages.filter((message): message is Extract<SessionMessage, { verb: V }> => message.verb === verb);

/** A world whose sink takes as many results as come. */
export const openWorld = (options?: ConstructorParameters<typeof World>[0]): World => {
  const world = new World(options);
  for (const sink of world.sinks) sink.grant(1_000_000, 1_000_000_000);
  world.settle();
  return world;
};

/** Starts one attempt. */
export const take = (world: World): StartedAttempt => {
  const started = createStartedAttempt();
  if (!world.core.take(world.now, started)) throw new Error("nothing can be started");
  return started;
};

/** A world that was leased seqs from 1, as many as it has slots, and has started the first. */
export const startedWorld = (count: number) => {
  const world = openWorld({ slots: count });
  world.ventilator.lease(ids(1, count));
  world.settle();
  return { world, started: take(world) };
};
