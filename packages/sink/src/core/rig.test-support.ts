/** A sink's core with scripted peers around it, in virtual time: real sessions, no link, no bytes. */
import type { OutcomeStatus } from "@tq/common";
import type { TaskRunEvent } from "@tq/common/events";
import { forEachId, SessionClient, type Timing } from "@tq/common/protocol";
import {
  type DefinitionInfo,
  decodeValues,
  encodeValues,
  type Hello,
  type Message,
  type NumberedContent,
  nilValues,
  type Refused,
  type SessionMessage,
} from "@tq/common/wire";
import { expect } from "vitest";
import type { SinkEvent } from "./events.ts";
import type { InboxReader, Reading } from "./inbox-reader.ts";
import { SinkCore, type SinkCoreOptions } from "./sink-core.ts";
import type { StoreChange } from "./store-change.ts";

export const origin = "00000000000000aa";
export const timing: Timing = { heartbeatMs: 750, liveness: 3, helloRetryMs: 25, unreachableAfterMs: 5_000 };
export const double: DefinitionInfo = { name: "double", contract: "v1" };

type RigOptions = Pick<SinkCoreOptions, "limits" | "window" | "commitsOnArrival"> & {
  readonly sinkId?: string;
  /** The store answers when the test says so, and not at once. */
  readonly isStoreSlow?: boolean;
};

export class Rig {
  readonly core: SinkCore;
  now = 0;
  readonly events: SinkEvent[] = [];
  /** Which tasks became final, once it is watched. */
  readonly steps: TaskRunEvent[] = [];
  readonly changes: StoreChange[] = [];
  readonly offered = new Set<InboxReader>();
  drained = 0;
  isPushHeld = false;
  /** Everything in the order in which it left the core. */
  readonly trail: ("write" | Message["verb"])[] = [];
  readonly #peers = new Map<string, Peer>();
  #queue: (() => void)[] = [];

  constructor({ sinkId = "sink-1", isStoreSlow = false, ...options }: RigOptions = {}) {
    this.core = new SinkCore({
      identity: { bootId: "00000000000000ff", name: "sink", sinkId, firstSession: 1 },
      timing,
      ...options,
      port: {
        send: (route, message) => {
          this.trail.push(message.verb);
          this.#queue.push(() => this.#peers.get(route)?.receive(this.now, message));
        },
        report: (event) => this.events.push(event),
        reportTasks: (steps) => this.steps.push(...steps),
        offered: (reader) => this.offered.add(reader),
        write: (number, change) => {
          this.trail.push("write");
          expect(this.changes.push(change)).toBe(number);
          if (!isStoreSlow) this.core.persisted(this.now, number);
        },
        holdPush: (isHeld) => {
          this.isPushHeld = isHeld;
        },
        drained: () => {
          this.drained += 1;
        },
      },
    });
  }

  worker(name: string, definitions: readonly DefinitionInfo[] = [double]): Peer {
    return this.#join({ role: "worker", name, definitions });
  }

  ventilator(name: string, endpoints?: Record<string, string>): Peer {
    return this.#join({ role: "ventilator", name, ...(endpoints && { endpoints }) });
  }

  /** Somebody who has no business here. */
  stranger(role: "producer" | "sink" | "worker"): Peer {
    return this.#join({ role, name: role, to: "ventilator" });
  }

  /** Lets turns pass until nobody has anything to say. */
  settle(): void {
    for (;;) {
      this.core.flush(this.now);
      const queue = this.#queue;
      if (queue.length === 0) return;
      this.#queue = [];
      for (const deliver of queue) deliver();
    }
  }

  /** Completions that come by the push lane's pipe; their outputs are their seqs. */
  push(seqs: readonly number[]): void {
    this.core.receive(
      this.now,
      { route: undefined },
      {
        verb: "OUTCOMES",
        worker: "w",
        definition: double,
        outcome: "completed",
        ids: idsOf(seqs),
        durationsUs: seqs.map((seq) => seq * 1000),
        values: encodeValues(seqs),
      },
    );
    this.settle();
  }

  /** The store has written what it was given so far. */
  persist(through = this.changes.length): void {
    this.core.persisted(this.now, through);
    this.settle();
  }

  /** The store had no room for it. */
  refuse(through = this.changes.length): void {
    this.core.storeFull(this.now, through);
    this.settle();
  }

  /** Moves the clock in steps of half a heartbeat, waking everybody. */
  advance(ms: number): void {
    const end = this.now + ms;
    while (this.now < end) {
      this.now = Math.min(end, this.now + timing.heartbeatMs / 2);
      if (this.core.wakeAt() <= this.now) this.core.wake(this.now, 0);
      for (const peer of this.#peers.values()) peer.wake(this.now);
      this.settle();
    }
  }

  /** What a loop would get: the ids and values of the next batch, all of it committed. */
  read(reader: InboxReader): { reading: Reading; seqs: number[]; values: unknown[] } | undefined {
    const reading = this.core.take(reader);
    if (reading === undefined) return undefined;
    this.core.commit(reading, reading.batch.count);
    return { reading, ...show(reading) };
  }

  ofType<Type extends SinkEvent["type"]>(type: Type): Extract<SinkEvent, { type: Type }>[] {
    return this.events.filter((event) => event.type === type) as Extract<SinkEvent, { type: Type }>[];
  }

  #join(hello: Partial<Hello> & Pick<Hello, "role" | "name">): Peer {
    const route = `route-${this.#peers.size}`;
    const say = (message: Message): void => {
      this.#queue.push(() => this.core.receive(this.now, { route }, message));
    };
    const peer = new Peer(this, { hello, say, bootId: `${this.#peers.size}`.padStart(16, "0") });
    this.#peers.set(route, peer);
    peer.wake(this.now);
    this.settle();
    return peer;
  }
}

interface PeerOptions {
  readonly hello: Partial<Hello> & Pick<Hello, "role" | "name">;
  readonly say: (message: Message) => void;
  readonly bootId: string;
}

export class Peer {
  readonly client: SessionClient;
  readonly #rig: Rig;
  /** Silent: neither hears nor speaks. */
  isCut = false;
  /** Speaks, and hears nothing. */
  isDeaf = false;
  readonly committed: [OutcomeStatus, number][] = [];
  grants: number[] = [];
  refusal: Omit<Refused, "verb"> | undefined;
  /** Fresh sessions so far. */
  sessions = 0;
  /** What it was told about the sink in WELCOME. */
  sinkId: string | undefined;
  push: string | undefined;
  readonly missing: { origin: string; through: number; missing: number }[] = [];

  constructor(rig: Rig, { hello, say, bootId }: PeerOptions) {
    this.#rig = rig;
    this.client = new SessionClient(rig.now, {
      timing,
      drawBootId: () => bootId,
      transmit: (message) => {
        if (!this.isCut) say(message);
      },
      handler: {
        hello: () => ({ definitions: [], slots: 1, tags: [], ...hello }),
        opened: (_now, _session, welcome) => {
          this.sessions += 1;
          this.grants = [];
          this.sinkId = welcome.sinkId;
          this.push = welcome.push;
        },
        resumed() {},
        received: (_now, _session, message) => this.#received(message),
        ended() {},
        unreachable() {},
        refused: (_now, refusal) => {
          this.refusal = refusal;
        },
        heartbeatState: () => ({}),
      },
    });
  }

  receive(now: number, message: Message): void {
    if (!this.isCut && !this.isDeaf) this.client.receive(now, message);
  }

  wake(now: number): void {
    if (!this.isCut) this.client.wake(now, 0);
  }

  /** Says something in the session, and lets it arrive. */
  say(content: NumberedContent): void {
    this.client.session?.send(this.#rig.now, content);
    this.#rig.settle();
  }

  /** Offers results whose outputs are their seqs. */
  results(seqs: readonly number[], definition = 0): void {
    this.say({
      verb: "RESULTS",
      epoch: 1,
      definition,
      ids: idsOf(seqs),
      durationsUs: seqs.map((seq) => seq * 1000),
      values: encodeValues(seqs),
    });
  }

  propose(outcome: OutcomeStatus, seqs: readonly number[], definition = double): void {
    this.say({ verb: "PROPOSE", definition, outcome, ids: idsOf(seqs), values: nilValues(seqs.length) });
  }

  #received(message: SessionMessage): void {
    if (message.verb === "COMMITTED") {
      forEachId(message.ids, (_, seq) => this.committed.push([message.outcome, seq]));
    } else if (message.verb === "MISSING") {
      message.origins.forEach((of, index) => {
        const { through, missing } = message;
        this.missing.push({ origin: of, through: through[index] ?? 0, missing: missing[index] ?? 0 });
      });
    } else if ("grants" in message && message.grants !== undefined) {
      this.grants = [...message.grants];
    }
  }
}

/** Ids of one origin, run by run. */
export function idsOf(seqs: readonly number[]): { origins: string[]; runs: number[] } {
  return { origins: [origin], runs: seqs.flatMap((seq) => [0, seq, 1]) };
}

/** The rows of a reading that are the loop's. */
export function show({ batch, from }: Reading): { seqs: number[]; values: unknown[] } {
  const seqs: number[] = [];
  forEachId(batch.ids, (_, seq) => seqs.push(seq));
  return { seqs: seqs.slice(from), values: decodeValues(batch.values).slice(from) };
}
