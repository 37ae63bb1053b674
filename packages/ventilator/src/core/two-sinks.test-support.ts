/**
 * A ventilator core with two sinks and producers that say what a test has them say. There are no workers: what a batch's sink
 * is shows in proposals.
 */
import {
  idRun,
  type ServerSession,
  type Session,
  SessionClient,
  SessionServer,
  type Timing,
} from "@tq/common/protocol";
import {
  encodeValues,
  type Message,
  type NumberedContent,
  noOptions,
  type SessionMessage,
  type Submit,
} from "@tq/common/wire";
import type { VentilatorEvent } from "./events.ts";
import type { FakeJournal } from "./journal/fake-journal.test-support.ts";
import { seqsOf } from "./ventilator-core.test-support.ts";
import { VentilatorCore } from "./ventilator-core.ts";

const timing: Timing = { heartbeatMs: 100, liveness: 3, helloRetryMs: 10, unreachableAfterMs: 60_000 };
export const graceMs = 1_000;
export const origin = "00000000000000a1";
export const sinkIds = ["tcp://s0:1", "tcp://s1:1"];

/** A sink that commits nothing. */
class SilentSink {
  isThere = true;
  /** Seqs of what was proposed to it. */
  readonly proposed: string[] = [];
  /** LOWMARK and CLOSED. */
  readonly told: string[] = [];
  readonly server: SessionServer;
  session: ServerSession | undefined;

  constructor(bed: TwoSinks, place: number) {
    this.server = new SessionServer({
      identity: { bootId: `00000000000000f${place}`, name: `sink-${place}`, epoch: 1 },
      timing,
      roles: ["ventilator"],
      firstSession: 1,
      transmit: (_route, message) =>
        bed.post(() => bed.core.receive(bed.now, { channel: `sink:${place}`, route: undefined }, message)),
      handler: {
        admit: () => undefined,
        welcome: () => ({ sinks: [], sinkId: `sink-${place}` }),
        opened: (_now, session) => {
          this.session = session;
        },
        received: (_now, _session, message) => {
          if (message.verb === "PROPOSE") this.proposed.push(seqsOf(message.ids));
          if (message.verb === "LOWMARK" || message.verb === "CLOSED") this.told.push(message.verb);
        },
        ended: () => {},
        heartbeatState: () => ({}),
      },
    });
  }
}

/** A producer whose every word is the test's. */
export class ScriptedProducer {
  readonly client: SessionClient;
  isThere = true;
  readonly #bed: TwoSinks;
  #session: Session | undefined;
  #heard: SessionMessage[] = [];

  constructor(bed: TwoSinks, route: string) {
    this.#bed = bed;
    this.client = new SessionClient(bed.now, {
      timing,
      transmit: (message) =>
        bed.post(() => bed.core.receive(bed.now, { channel: "producers", route }, message)),
      drawBootId: () => bed.drawBootId(),
      handler: {
        hello: () => ({
          role: "producer",
          to: "ventilator",
          name: route,
          definitions: [],
          slots: 0,
          tags: [],
        }),
        opened: (_now, session) => {
          this.#session = session;
        },
        resumed: () => {},
        received: (_now, _session, message) => {
          if (message.verb !== "HEARTBEAT" && message.verb !== "GRANT") this.#heard.push(message);
        },
        ended: () => {},
        unreachable: () => {},
        refused: () => {},
        heartbeatState: () => ({}),
      },
    });
  }

  say(content: NumberedContent): void {
    this.#session?.send(this.#bed.now, content);
    this.#bed.settle();
  }

  submit(first: number, count: number, how: Partial<Submit> = {}): void {
    const values = encodeValues(Array.from({ length: count }, (_, index) => first + index));
    const ids = idRun(origin, first, count);
    const definition = { name: "work" };
    this.say({ verb: "SUBMIT", definition, reply: "sink", ids, options: noOptions, values, ...how });
  }

  /** What it was told since the last call. */
  heard(): readonly SessionMessage[] {
    return this.#heard.splice(0);
  }

  leave(): void {
    this.client.close("closed");
    this.#bed.settle();
  }
}

export class TwoSinks {
  now = 0;
  readonly core: VentilatorCore;
  readonly events: VentilatorEvent[] = [];
  readonly sinks: readonly SilentSink[];
  readonly #producers = new Map<string, ScriptedProducer>();
  #mail: (() => unknown)[] = [];
  #boots = 0;

  /** `disk`: of its journal; whoever was on it before is gone. `sinks`: perhaps it has but one of them. */
  constructor({
    disk,
    epoch = 1,
    sinks = sinkIds,
  }: { disk?: FakeJournal; epoch?: number; sinks?: readonly string[] } = {}) {
    this.core = new VentilatorCore({
      now: 0,
      journal: disk?.restart(),
      identity: { bootId: `00000000000000e${epoch}`, name: "ventilator", epoch },
      firstSession: 1,
      timing,
      limits: { sinkGraceMs: graceMs },
      sinks,
      port: {
        send: (channel, route, message) => this.post(() => this.#deliver(channel, route, message)),
        isWritable: () => true,
        report: (event) => this.events.push(event),
        random: () => 0,
        drawBootId: () => this.drawBootId(),
        journal: disk,
      },
    });
    this.sinks = sinks.map((_, place) => new SilentSink(this, place));
    this.pass(50);
  }

  producer(name = "p"): ScriptedProducer {
    const producer = new ScriptedProducer(this, name);
    this.#producers.set(name, producer);
    this.pass(50);
    return producer;
  }

  drawBootId(): string {
    this.#boots += 1;
    return this.#boots.toString(16).padStart(16, "0");
  }

  post(run: () => unknown): void {
    this.#mail.push(run);
  }

  pass(spanMs: number): void {
    const until = this.now + spanMs;
    while (this.now < until) {
      this.now = Math.min(until, this.now + 25);
      if (this.core.wakeAt() <= this.now) this.core.wake(this.now, 0);
      for (const { server, isThere } of this.sinks) if (isThere) server.wake(this.now, 0);
      for (const { client, isThere } of this.#producers.values()) if (isThere) client.wake(this.now, 0);
      this.settle();
    }
  }

  settle(): void {
    this.core.flush(this.now);
    while (this.#mail.length > 0) {
      for (const run of this.#mail.splice(0)) run();
      for (const { server } of this.sinks) server.flush();
      this.core.flush(this.now);
    }
  }

  eventsOf<Type extends VentilatorEvent["type"]>(type: Type): VentilatorEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  #deliver(channel: string, route: string | undefined, message: Message): void {
    if (channel === "producers") {
      const producer = this.#producers.get(route ?? "");
      if (producer?.isThere === true) producer.client.receive(this.now, message);
      return;
    }
    const sink = this.sinks[Number(channel.slice("sink:".length))];
    if (sink?.isThere === true) sink.server.receive(this.now, "ventilator", message);
  }
}
