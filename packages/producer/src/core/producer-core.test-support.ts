/**
 * A producer's core with scripted ventilators: they say exactly what a test has them say. Messages go straight across,
 * without encoding, unless a connection is cut.
 */
import type { OutcomeStatus, TqError } from "@tq/common";
import {
  type Answers,
  type Duplicates,
  forEachId,
  idRun,
  type Reply,
  type ServerSession,
  SessionServer,
  type SubmitBatch,
  type SubmitEvents,
  type Timing,
} from "@tq/common/protocol";
import {
  encodeValues,
  type IdRuns,
  type Message,
  type NumberedContent,
  noOptions,
  type SessionMessage,
  type Submit,
} from "@tq/common/wire";
import type { ProducerEvent } from "./events.ts";
import type { ProducerLimits } from "./port.ts";
import { ProducerCore } from "./producer-core.ts";

const timing: Timing = { heartbeatMs: 100, liveness: 3, helloRetryMs: 10, unreachableAfterMs: 1_000 };

export const originsOf = (index: number) => ({
  sink: `00000000000000a${index}`,
  answer: `00000000000000b${index}`,
});

const seqsOf = (ids: IdRuns): string => {
  const seqs: number[] = [];
  forEachId(ids, (_origin, seq) => seqs.push(seq));
  return seqs.join(",");
};

/** What the submitter heard, in words. */
class RecordingEvents implements SubmitEvents {
  readonly heard: string[] = [];
  readonly credits: [tasks: number, bytes: number][] = [];

  credit(tasks: number, bytes: number, owner = 0): void {
    this.credits[owner] = [tasks, bytes];
  }
  accepted(ids: IdRuns): void {
    this.heard.push(`accepted ${seqsOf(ids)}`);
  }
  rejected(ids: IdRuns, code: string): void {
    this.heard.push(`rejected ${code} ${seqsOf(ids)}`);
  }
  duplicate({ ids, of }: Duplicates): void {
    this.heard.push(`duplicate ${seqsOf(ids)} of ${seqsOf(of)}`);
  }
  settled(outcome: OutcomeStatus, ids: IdRuns): void {
    this.heard.push(`settled ${outcome} ${seqsOf(ids)}`);
  }
  onAnswer: (ids: IdRuns) => void = () => {};
  answer(outcome: OutcomeStatus, { ids }: Answers): void {
    this.onAnswer(ids);
    this.heard.push(`answer ${outcome} ${seqsOf(ids)}`);
  }
  unreachable(owner: number, error: TqError): void {
    this.heard.push(`unreachable ${owner} ${error.code}`);
  }
  closed(): void {
    this.heard.push("closed");
  }
  /** Who was in reach, each time when the submitter was told that this had changed. */
  readonly reaches: string[] = [];
  reach: () => string = () => "";
  reachChanged(): void {
    this.reaches.push(this.reach());
  }
}

/** A ventilator whose every word is the test's. */
export class ScriptedVentilator {
  server: SessionServer;
  session: ServerSession | undefined;
  isAlive = true;
  /** It was said goodbye. */
  isLeft = false;
  onSubmit: (submit: Submit) => void = () => {};
  refusal: { code: string; message: string; endpoint?: string } | undefined;
  readonly #bed: TestBed;
  readonly #index: number;
  #boots = 0;
  #isRefusalShort = false;
  #messages: SessionMessage[] = [];

  constructor(bed: TestBed, index: number) {
    this.#bed = bed;
    this.#index = index;
    this.server = this.#boot();
  }

  /** Another start: nothing is remembered. */
  restart(): void {
    this.server = this.#boot();
    this.session = undefined;
  }

  /** Forgets the session, not itself: as after too long a silence. */
  dropSession(): void {
    if (this.session !== undefined) this.server.end(this.#bed.now, this.session, "silent");
    this.session = undefined;
  }

  /** The next HELLO is refused, those after it are not. */
  refuseOnce(code: string): void {
    this.refusal = { code, message: "refused once" };
    this.#isRefusalShort = true;
  }

  grant(tasks: number, bytes = 1_000_000): void {
    this.session?.sendUnnumbered({ verb: "GRANT", grants: [0, tasks, bytes] });
    this.#bed.settle();
  }

  say(content: NumberedContent): void {
    this.session?.send(this.#bed.now, content);
    this.#bed.settle();
  }

  /** Says goodbye, and is silent from then on. */
  leave(): void {
    this.server.close(this.#bed.now, "drained");
    this.#bed.settle();
    this.isAlive = false;
  }

  /** What it heard since the last call, without heartbeats: `SUBMIT sink 1,2 for s1`, with `again` if it is handed on, and `promised`. */
  heard(verb = ""): string[] {
    const messages = this.#messages;
    this.#messages = [];
    const wanted = messages.filter((message) => message.verb.startsWith(verb));
    return wanted.map((message) => {
      const ids = "ids" in message ? ` ${seqsOf(message.ids)}` : "";
      if (message.verb !== "SUBMIT") return `${message.verb}${ids}`;
      const { reply, sink, handedOn, promised } = message;
      const again = `${handedOn === true ? " again" : ""}${promised === true ? ", promised" : ""}`;
      return `SUBMIT ${reply}${ids}${sink === undefined ? "" : ` for ${sink}`}${again}`;
    });
  }

  #boot(): SessionServer {
    this.#boots += 1;
    return new SessionServer({
      identity: { bootId: `00000000000000${this.#index}${this.#boots}`, name: `v${this.#index}`, epoch: 1 },
      timing,
      firstSession: this.#boots * 1_000,
      roles: ["producer"],
      transmit: (_route, message) => {
        if (this.isAlive) this.#bed.toProducer.push({ channel: `ventilator:${this.#index}`, message });
      },
      handler: {
        admit: () => {
          const { refusal } = this;
          if (this.#isRefusalShort) this.refusal = undefined;
          return refusal;
        },
        welcome: () => ({ sinks: [] }),
        opened: (_now, session) => {
          this.session = session;
        },
        received: (_now, _session, message) => {
          if (message.verb !== "HEARTBEAT") this.#messages.push(message);
          if (message.verb === "SUBMIT") this.onSubmit(message);
        },
        ended: (_now, session, reason) => {
          if (reason === "bye") this.isLeft = true;
          if (this.session === session) this.session = undefined;
        },
        heartbeatState: () => ({}),
      },
    });
  }
}

export class TestBed {
  now = 0;
  readonly events = new RecordingEvents();
  readonly reports: ProducerEvent[] = [];
  readonly core: ProducerCore;
  readonly ventilators: readonly ScriptedVentilator[];
  readonly toProducer: { channel: string; message: Message }[] = [];
  #toVentilators: { index: number; message: Message }[] = [];
  #nextSeq = new Map<string, number>();
  #boots = 0;

  /** `there`: the ventilators that are up from the start. */
  constructor(count = 1, limits: Partial<ProducerLimits> = {}, there?: readonly number[]) {
    this.ventilators = Array.from({ length: count }, (_, index) => new ScriptedVentilator(this, index));
    for (const [index, ventilator] of this.ventilators.entries())
      ventilator.isAlive = there?.includes(index) ?? true;
    this.core = new ProducerCore({
      now: 0,
      timing,
      name: "p",
      limits,
      ventilators: this.ventilators.map((_, index) => ({
        channel: `ventilator:${index}`,
        endpoint: `tcp://v${index}`,
        origins: originsOf(index),
      })),
      port: {
        send: (channel, message) => this.#toVentilators.push({ index: Number(channel.slice(11)), message }),
        events: this.events,
        report: (event) => this.reports.push(event),
        drawBootId: () => `000000000000000${this.#boots++}`,
      },
    });
    this.events.reach = () => this.ventilators.map((_, index) => this.core.isInReach(index)).join();
    this.advance(1);
  }

  get ventilator(): ScriptedVentilator {
    const [first] = this.ventilators;
    if (first === undefined) throw new Error("a test bed has a ventilator");
    return first;
  }

  /** Hands `count` tasks over, as the submitter does. */
  submit(reply: Reply, count: number, options: { owner?: number; batch?: Partial<SubmitBatch> } = {}): void {
    const { owner = 0 } = options;
    const origin = originOf(owner, reply);
    const first = this.#nextSeq.get(origin) ?? 1;
    this.#nextSeq.set(origin, first + count);
    const inputs = Array.from({ length: count }, (_, offset) => `input ${first + offset}`);
    const batch: SubmitBatch = {
      definition: { name: "echo" },
      reply,
      ids: idRun(origin, first, count),
      options: noOptions,
      values: encodeValues(inputs),
      ...options.batch,
    };
    this.core.submit(batch, owner);
    this.settle();
  }

  /** Runs until nobody has anything to say. */
  settle(): void {
    this.core.flush(this.now);
    for (let round = 0; this.#toVentilators.length + this.toProducer.length > 0; round++) {
      if (round > 1_000) throw new Error("they talk without end");
      for (const { index, message } of this.#toVentilators.splice(0)) {
        const ventilator = this.ventilators[index];
        if (ventilator?.isAlive === true) ventilator.server.receive(this.now, "p", message);
      }
      for (const ventilator of this.ventilators) ventilator.server.flush();
      for (const { channel, message } of this.toProducer.splice(0)) {
        this.core.receive(this.now, { channel }, message);
      }
      this.core.flush(this.now);
    }
  }

  advance(ms: number): void {
    const until = this.now + ms;
    while (this.now < until) {
      this.now += 1;
      if (this.core.wakeAt() <= this.now) this.core.wake(this.now, 0);
      for (const { server, isAlive } of this.ventilators) {
        if (isAlive && server.wakeAt() <= this.now) server.wake(this.now, 0);
      }
      this.settle();
    }
  }

  reported(): string[] {
    return this.reports.splice(0).map(({ type }) => type);
  }
}

/** Of the first ventilator. */
export const ids = (reply: Reply, first: number, count = 1): IdRuns =>
  idRun(originOf(0, reply), first, count);

const originOf = (owner: number, reply: Reply): string =>
  reply === "push" ? `00000000000000c${owner}` : originsOf(owner)[reply];
