/** A ventilator as a worker sees it: real sessions over a real transport, and a script in place of a queue. */
import { drawBootId, drawFirstSession, monotonicNow } from "@tq/common/node";
import { defaultTiming, idRun, type ServerSession, SessionServer } from "@tq/common/protocol";
import { createDriver, type Driver, Inbox, type Transport } from "@tq/common/transport";
import {
  encodeValues,
  type Heart,
  type IdRuns,
  type Message,
  type NumberedContent,
  noOptions,
  type SessionMessage,
  type Tasks,
} from "@tq/common/wire";

export const origin = "00000000000000aa";

export class FakeVentilator implements AsyncDisposable {
  /** What the worker says, without heartbeats and grants. */
  readonly inbox = new Inbox<SessionMessage>();
  readonly hearts = new Inbox<Heart>();
  /** A worker that may be sent tasks. */
  readonly joined = new Inbox<ServerSession>();
  readonly ended = new Inbox<string>();
  readonly #driver: Driver;
  readonly #server: SessionServer;
  endpoint = "";

  constructor(transport: Transport, refusal?: { code: string; message: string; endpoint?: string }) {
    let server: SessionServer | undefined;
    this.#driver = createDriver({
      transport,
      core: (driver) => {
        server = new SessionServer({
          identity: { bootId: drawBootId(), name: "fake", epoch: 1 },
          timing: defaultTiming,
          roles: ["worker"],
          firstSession: drawFirstSession(),
          transmit: (route, message) => driver.send("workers", route, message),
          handler: {
            admit: () => refusal,
            welcome: () => ({ sinks: [] }),
            opened: () => {},
            received: (_now, session, message) => {
              if (message.verb === "GRANT") this.joined.push(session);
              else if (message.verb !== "HEARTBEAT") this.inbox.push(message);
            },
            ended: (_now, _session, reason) => this.ended.push(reason),
            heartbeatState: () => ({}),
          },
        });
        return this.#coreOf(server);
      },
    });
    if (server === undefined) throw new Error("the driver makes its core at once");
    this.#server = server;
  }

  async bind(endpoint: string): Promise<this> {
    this.endpoint = await this.#driver.bind("workers", endpoint);
    return this;
  }

  send(content: NumberedContent): void {
    const [session] = this.#server.sessions;
    session?.send(monotonicNow(), content);
    this.#driver.touch();
  }

  /** Leases answered tasks: their results come back here. */
  lease(ids: IdRuns, inputs: readonly unknown[], options: Partial<Omit<Tasks, "verb">> = {}): void {
    const values = encodeValues(inputs);
    this.send({ verb: "TASKS", epoch: 1, definition: 0, ids, options: noOptions, values, ...options });
  }

  commit(ids: IdRuns): void {
    this.send({ verb: "COMMITTED", outcome: "completed", ids });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver.close();
  }

  #coreOf(server: SessionServer) {
    return {
      receive: (now: number, { route = "" }: { route: string | undefined }, message: Message) => {
        if (message.verb === "HEART") this.hearts.push(message);
        else server.receive(now, route, message);
      },
      violation: () => {},
      flush: () => server.flush(),
      wake: (now: number, lateMs: number) => server.wake(now, lateMs),
      wakeAt: () => server.wakeAt(),
    };
  }
}

export const ids = (first: number, count: number): IdRuns => idRun(origin, first, count);
