/** A worker or ventilator that says what a test tells it to, over a real driver and the memory link. */
import type { OutcomeStatus } from "@tq/common";
import { createLogger, drawBootId } from "@tq/common/node";
import { forEachId, idRun, SessionClient, type Timing } from "@tq/common/protocol";
import type { StorageFaults } from "@tq/common/sqlite";
import { createDriver, createMemoryHub, type Driver, Inbox, type MemoryHub } from "@tq/common/transport";
import {
  type DefinitionInfo,
  encodeValues,
  type Message,
  type NumberedContent,
  type Role,
  type Values,
} from "@tq/common/wire";
import type { StoreOptions } from "./options.ts";
import { startSink } from "./sink.ts";
import type { Sink } from "./sink-interface.ts";

export const origin = "00000000000000aa";
export const log = createLogger("test", { level: "silent" });
/** Quick, so that what is carried by heartbeats does not hold up a test. */
export const timing: Timing = { heartbeatMs: 20, liveness: 500, helloRetryMs: 5, unreachableAfterMs: 5_000 };

export class ScriptedPeer {
  readonly client: SessionClient;
  readonly driver: Driver;
  readonly #opened = Promise.withResolvers<void>();
  readonly #committed = new Inbox<readonly [OutcomeStatus, number]>();

  constructor(options: { hub: MemoryHub; sink: Sink; role: Role; definitions?: readonly DefinitionInfo[] }) {
    const { role, definitions = [] } = options;
    let driver: Driver | undefined;
    const client = new SessionClient(performance.now(), {
      timing,
      drawBootId,
      transmit: (message) => driver?.send("sink", undefined, message),
      handler: {
        hello: () => ({ role, name: role, definitions, slots: 1, tags: [] }),
        opened: () => this.#opened.resolve(),
        resumed() {},
        received: (_now, _session, message) => this.#received(message),
        ended() {},
        unreachable() {},
        refused() {},
        heartbeatState: () => ({}),
      },
    });
    this.client = client;
    this.driver = createDriver({
      transport: options.hub.transport(),
      core: (made) => {
        driver = made;
        return {
          receive: (now, _from, message) => client.receive(now, message),
          violation() {},
          flush: () => client.flush(),
          wake: (now, lateMs) => client.wake(now, lateMs),
          wakeAt: () => client.wakeAt(),
        };
      },
    });
    this.driver.connect("sink", options.sink.endpoint);
  }

  async ready(): Promise<this> {
    await this.#opened.promise;
    return this;
  }

  say(content: NumberedContent): void {
    this.client.session?.send(this.driver.now(), content);
    this.driver.touch();
  }

  /** Offers results with seqs from `first`, one per output. */
  results(first: number, outputs: readonly unknown[], definition = 0): void {
    this.offer(first, encodeValues(outputs), definition);
  }

  offer(first: number, values: Values, definition = 0): void {
    const count = values.lengths.length;
    const durationsUs = new Array<number>(count).fill(1500);
    this.say({
      verb: "RESULTS",
      epoch: 1,
      definition,
      ids: idRun(origin, first, count),
      durationsUs,
      values,
    });
  }

  /** The next ones that it hears are final. */
  async hears(count: number): Promise<(readonly [OutcomeStatus, number])[]> {
    const heard: (readonly [OutcomeStatus, number])[] = [];
    while (heard.length < count) heard.push(await this.#committed.next());
    return heard;
  }

  /** Whatever it has heard and nobody asked for yet. */
  get unasked(): (readonly [OutcomeStatus, number])[] {
    return this.#committed.takeAll();
  }

  #received(message: Message): void {
    if (message.verb !== "COMMITTED") return;
    forEachId(message.ids, (_, seq) => this.#committed.push([message.outcome, seq]));
  }
}

/** A sink on a memory hub, and peers that connect to it. Closes all of it. */
export class Stage implements AsyncDisposable {
  readonly hub: MemoryHub;
  readonly sink: Sink;
  readonly #peers: ScriptedPeer[] = [];

  constructor(hub: MemoryHub, sink: Sink) {
    this.hub = hub;
    this.sink = sink;
  }

  static async open(store?: StoreOptions, faults?: StorageFaults): Promise<Stage> {
    const hub = createMemoryHub();
    const transport = hub.transport();
    const sink = await startSink({ bind: "memory:*", log, store }, { transport, timing, faults });
    return new Stage(hub, sink);
  }

  worker(...definitions: DefinitionInfo[]): Promise<ScriptedPeer> {
    return this.#join("worker", definitions);
  }

  ventilator(): Promise<ScriptedPeer> {
    return this.#join("ventilator", []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sink.close().catch(() => {});
    await Promise.all(this.#peers.map((peer) => peer.driver.close()));
  }

  #join(role: Role, definitions: readonly DefinitionInfo[]): Promise<ScriptedPeer> {
    const peer = new ScriptedPeer({ hub: this.hub, sink: this.sink, role, definitions });
    this.#peers.push(peer);
    return peer.ready();
  }
}
