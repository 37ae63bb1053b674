/**
 * A ventilator core with scripted peers: workers and sinks that say exactly what a test has them say.
 *
 * Messages go straight from core to peer and back, without encoding; `settle` runs until nobody has anything to say.
 */
import type { OutcomeStatus, TaskPolicy } from "@tq/common";
import type { TaskRunEvent } from "@tq/common/events";
import {
  type Duplicates,
  forEachId,
  type ServerSession,
  type Session,
  SessionClient,
  SessionServer,
  type SubmitBatch,
  type SubmitEvents,
  type SubmitPort,
  type Timing,
} from "@tq/common/protocol";
import {
  type Closed,
  encodeValues,
  type HeldAttempts,
  type IdRuns,
  type LowMark,
  type Message,
  type NumberedContent,
  type NumberedMessage,
  type Push,
  type Sent,
  type SessionMessage,
  type TaskOptionColumns,
  type Values,
} from "@tq/common/wire";
import type { VentilatorEvent } from "./events.ts";
import type { FakeJournal } from "./journal/fake-journal.test-support.ts";
import { VentilatorCore, type VentilatorCoreOptions } from "./ventilator-core.ts";

export const origin = "00000000000000a1";
export const answerOrigin = "00000000000000a2";
const timing: Timing = { heartbeatMs: 100, liveness: 3, helloRetryMs: 10, unreachableAfterMs: 1_000 };

/** What the owner of the tasks heard, in words: `settled completed 1,2`. */
class RecordingOwner implements SubmitEvents {
  readonly heard: string[] = [];
  port: SubmitPort | undefined;

  credit(): void {}
  accepted(ids: IdRuns): void {
    this.heard.push(`accepted ${seqsOf(ids)}`);
  }
  rejected(ids: IdRuns, code: string): void {
    this.heard.push(`rejected ${code} ${seqsOf(ids)}`);
  }
  duplicate({ ids, of, traceparent }: Duplicates): void {
    const traces = traceparent === undefined ? "" : ` in ${traceparent.values.join()}`;
    this.heard.push(`duplicate ${seqsOf(ids)} of ${seqsOf(of)}${traces}`);
  }
  settled(outcome: OutcomeStatus, ids: IdRuns): void {
    this.heard.push(`settled ${outcome} ${seqsOf(ids)}`);
  }
  answer(outcome: OutcomeStatus, answers: { ids: IdRuns }): void {
    this.heard.push(`answer ${outcome} ${seqsOf(answers.ids)}`);
    this.port?.answered(answers.ids);
  }
  unreachable(): void {}
  closed(): void {
    this.heard.push("closed");
  }
}

export const seqsOf = (ids: IdRuns): string => {
  const seqs: number[] = [];
  forEachId(ids, (_origin, seq) => seqs.push(seq));
  return seqs.join(",");
};

/** A worker whose every word is the test's. */
export class ScriptedWorker {
  readonly client: SessionClient;
  readonly received: NumberedMessage[] = [];
  held: HeldAttempts | undefined;
  /** How many of them are queued or running. */
  unfinished: number | undefined;
  /** False: the process is gone, or cut off. */
  isAlive = true;
  /** Somebody else's tasks run there: RESERVE is not answered. */
  readonly isBusy: boolean;
  epoch = 0;
  #session: Session | undefined;

  constructor(
    readonly_: { bed: TestBed; route: string; name: string },
    options: {
      slots?: number;
      credit?: number;
      contract?: string | undefined;
      policy?: TaskPolicy;
      isBusy?: boolean;
      tags?: readonly string[];
      /** What it brings along. */
      held?: HeldAttempts;
      /** Does not confirm commands. */
      isDeaf?: boolean;
    } = {},
  ) {
    const { bed, route, name } = readonly_;
    this.isBusy = options.isBusy ?? false;
    this.held = options.held;
    this.client = new SessionClient(bed.now, {
      timing,
      transmit: (message) =>
        bed.post(() => this.isAlive && bed.core.receive(bed.now, { channel: "workers", route }, message)),
      drawBootId: () => bed.drawBootId(),
      handler: {
        hello: () => ({
          role: "worker",
          name,
          definitions: [{ name: "work", contract: options.contract, policy: options.policy }],
          slots: options.slots ?? 1,
          tags: options.tags ?? [],
          held: this.held,
        }),
        opened: (_now, session, welcome) => {
          this.#session = session;
          this.epoch = welcome.epoch;
          session.sendUnnumbered({ verb: "GRANT", grants: [0, options.credit ?? 100, 1_000_000] });
        },
        resumed: () => {},
        received: (now, session, message: SessionMessage) => {
          if ("number" in message) this.received.push(message);
          if (message.verb === "RESERVE" && !this.isBusy)
            session.send(now, { verb: "RESERVED", reservation: message.reservation });
          if (message.verb === "CONTROL" && options.isDeaf !== true)
            session.send(now, { verb: "CONTROLLED", control: message.control });
        },
        ended: () => {},
        unreachable: () => {},
        refused: () => {},
        heartbeatState: () =>
          this.held === undefined ? {} : { held: this.held, unfinished: this.unfinished },
      },
    });
  }

  get session(): Session {
    if (this.#session === undefined) throw new Error("the scripted worker has no session yet");
    return this.#session;
  }

  /** Seqs of all TASKS so far, with attempts other than 1: `1,2,3#2`. */
  get tasks(): string {
    const words: string[] = [];
    for (const message of this.received) {
      if (message.verb !== "TASKS") continue;
      forEachId(message.ids, (_origin, seq, position) => {
        const at = message.attempts?.at.indexOf(position) ?? -1;
        words.push(at < 0 ? `${seq}` : `${seq}#${message.attempts?.values[at]}`);
      });
    }
    return words.join(",");
  }

  verbs(verb: NumberedMessage["verb"]): string[] {
    return this.received
      .filter((message) => message.verb === verb && "ids" in message)
      .map((message) => seqsOf((message as { ids: IdRuns }).ids));
  }

  done(now: number, seqs: readonly number[], outcome: OutcomeStatus = "completed"): void {
    this.session.send(now, { verb: "DONE", epoch: this.epoch, outcome, ids: idsOf(origin, seqs) });
  }

  fail(
    now: number,
    seq: number,
    options: { attempt?: number; final?: boolean; afterMs?: number; message?: string; values?: Values } = {},
  ): void {
    const { attempt = 1, final = false, afterMs, message = "boom" } = options;
    this.session.send(now, {
      verb: "FAILED",
      epoch: this.epoch,
      ids: idsOf(origin, [seq]),
      attempts: { at: [0], values: [attempt] },
      final: { at: [0], values: [final] },
      ...(afterMs === undefined ? {} : { afterMs: { at: [0], values: [afterMs] } }),
      values: options.values ?? encodeValues([{ name: "Error", message }]),
    });
  }
}

export const idsOf = (of: string, seqs: readonly number[]): IdRuns => ({
  origins: [of],
  runs: seqs.flatMap((seq) => [0, seq, 1]),
});

/** A sink that commits whatever is proposed, when told to. */
class ScriptedSink {
  readonly proposals: string[] = [];
  /** What it was told of origins. */
  readonly told: (Sent | LowMark | Closed)[] = [];
  readonly #pending: { outcome: OutcomeStatus; ids: IdRuns }[] = [];
  readonly server: SessionServer;
  #session: ServerSession | undefined;

  constructor(bed: TestBed) {
    this.server = new SessionServer({
      identity: {
        get bootId() {
          return bed.sinkBootId;
        },
        name: "sink",
        epoch: 1,
      },
      timing,
      roles: ["ventilator"],
      firstSession: 1,
      transmit: (_route, message) =>
        bed.post(() => bed.core.receive(bed.now, { channel: "sink:0", route: undefined }, message)),
      handler: {
        admit: () => undefined,
        welcome: () => ({ sinks: [], sinkId: bed.sinkId, push: bed.sinkPush }),
        opened: (_now, session) => {
          this.#session = session;
        },
        received: (_now, _session, message) => {
          if (message.verb === "SENT" || message.verb === "LOWMARK" || message.verb === "CLOSED")
            this.told.push(message);
          if (message.verb !== "PROPOSE") return;
          this.proposals.push(`${message.outcome} ${seqsOf(message.ids)}`);
          this.#pending.push({ outcome: message.outcome, ids: message.ids });
        },
        ended: () => {},
        heartbeatState: () => ({}),
      },
    });
  }

  say(now: number, content: NumberedContent): void {
    this.#session?.send(now, content);
  }

  /** Forgets its session, and with another boot id what it has counted. */
  restart(now: number): void {
    if (this.#session !== undefined) this.server.end(now, this.#session, "silent");
    this.#session = undefined;
  }

  /** Commits what was proposed; `standing`: a completion was here first. */
  commit(now: number, standing?: OutcomeStatus): void {
    for (const { outcome, ids } of this.#pending.splice(0)) {
      this.#session?.send(now, { verb: "COMMITTED", outcome: standing ?? outcome, ids });
    }
  }
}

interface TestBedOptions extends Partial<VentilatorCoreOptions> {
  readonly push?: "both ends" | "here";
  readonly isSinkAway?: boolean;
  /** With a journal, as an earlier start has left it. */
  readonly disk?: FakeJournal;
}

export class TestBed {
  now = 0;
  readonly core: VentilatorCore;
  readonly events: VentilatorEvent[] = [];
  /** What tasks went through, once it is watched. */
  readonly steps: TaskRunEvent[] = [];
  readonly owner = new RecordingOwner();
  readonly sink: ScriptedSink;
  readonly port: SubmitPort;
  /** Whether the push lane's pipe takes messages. */
  isPipeWritable = true;
  /** What went into it. */
  readonly pushed: Push[] = [];
  isSinkAway: boolean;
  /** What the sink says of itself. */
  sinkId = "sink-a";
  sinkBootId = "00000000000000f0";
  sinkPush: string | undefined;
  readonly #workers = new Map<string, ScriptedWorker>();
  #mail: (() => unknown)[] = [];
  #boots = 0;

  constructor({ push, isSinkAway = false, disk, ...options }: TestBedOptions = {}) {
    this.isSinkAway = isSinkAway;
    this.sinkPush = push === "both ends" ? "memory:sink-push" : undefined;
    this.core = new VentilatorCore({
      now: 0,
      identity: { bootId: "00000000000000e0", name: "ventilator", epoch: 7 },
      firstSession: 1,
      timing,
      sinks: ["memory:sink"],
      port: {
        send: (channel, route, message) => this.post(() => this.#deliver(channel, route, message)),
        isWritable: () => this.isPipeWritable,
        report: (event) => this.events.push(event),
        reportTasks: (steps) => this.steps.push(...steps),
        random: () => 0,
        drawBootId: () => this.drawBootId(),
        journal: disk,
      },
      journal: disk?.restart(),
      ...options,
    });
    if (push !== undefined) this.core.setEndpoints({ push: "memory:push" });
    this.sink = new ScriptedSink(this);
    this.port = this.core.attach(this.owner, () => this.now);
    this.owner.port = this.port;
    this.settle();
  }

  drawBootId(): string {
    this.#boots += 1;
    return this.#boots.toString(16).padStart(16, "0");
  }

  post(run: () => unknown): void {
    this.#mail.push(run);
  }

  worker(name: string, options: ConstructorParameters<typeof ScriptedWorker>[1] = {}): ScriptedWorker {
    const worker = new ScriptedWorker({ bed: this, route: name, name }, options);
    this.#workers.set(name, worker);
    this.settle();
    return worker;
  }

  submit(
    first: number,
    count: number,
    options: {
      reply?: "sink" | "answer";
      columns?: TaskOptionColumns;
      inputs?: readonly unknown[];
      isHandedOn?: boolean;
      isPromised?: boolean;
      contract?: string;
      maxAttempts?: number;
      /** The workers' policy holds. */
      isWithoutPolicy?: boolean;
    } = {},
  ): void {
    const { reply = "sink", columns = {}, contract, maxAttempts = 3, isWithoutPolicy } = options;
    const inputs = options.inputs ?? Array.from({ length: count }, (_, index) => first + index);
    const backoff = { initialMs: 50, factor: 2, maxMs: 1_000, jitter: 0 };
    const batch: SubmitBatch = {
      definition: {
        name: "work",
        contract,
        ...(isWithoutPolicy ? {} : { policy: { maxAttempts, crashLimit: 2, timeoutMs: 10_000, backoff } }),
      },
      reply,
      ids: { origins: [reply === "sink" ? origin : answerOrigin], runs: [0, first, count] },
      options: columns,
      values: encodeValues(inputs),
      ...(options.isHandedOn === true && { handedOn: true }),
      ...(options.isPromised === true && { promised: true }),
    };
    this.port.submit(batch, 0);
    this.settle();
  }

  /** Time passes in steps of a heartbeat's fraction; everybody who lives beats. */
  pass(spanMs: number): void {
    const until = this.now + spanMs;
    while (this.now < until) {
      this.now = Math.min(until, this.now + 25);
      if (this.core.wakeAt() <= this.now) this.core.wake(this.now, 0);
      this.sink.server.wake(this.now, 0);
      for (const { client, isAlive } of this.#workers.values()) if (isAlive) client.wake(this.now, 0);
      this.settle();
    }
  }

  /** Runs turns until nobody has anything to say. */
  settle(): void {
    for (const { client, isAlive } of this.#workers.values()) if (isAlive) client.wake(this.now, 0);
    if (this.core.wakeAt() <= this.now) this.core.wake(this.now, 0);
    this.core.flush(this.now);
    while (this.#mail.length > 0) {
      for (const run of this.#mail.splice(0)) run();
      this.core.flush(this.now);
    }
  }

  eventsOf(type: VentilatorEvent["type"]): VentilatorEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  #deliver(channel: string, route: string | undefined, message: Message): void {
    if (message.verb === "PUSH") return void this.pushed.push(message);
    if (channel === "sink:0" && this.isSinkAway) return;
    if (channel === "sink:0") return this.sink.server.receive(this.now, "ventilator", message);
    const worker = this.#workers.get(route ?? "");
    if (worker?.isAlive === true) worker.client.receive(this.now, message);
  }
}
