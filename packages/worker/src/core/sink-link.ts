/** The session with one sink: its credit, its commits, and offering again what was lost with an earlier session. */

import type { SessionClientHandler } from "@tq/common/protocol";
import { CreditAccount, forEachGrant, forEachRun, type Session, SessionClient } from "@tq/common/protocol";
import type { Committed, Grants, Message, SessionMessage, Welcome } from "@tq/common/wire";
import type { Outlet } from "./attempt.ts";
import type { LinkContext } from "./link-context.ts";
import { SinkLoad } from "./sink-shares.ts";

export class SinkLink implements Outlet, SessionClientHandler {
  readonly id: string;
  readonly channel: string;
  endpoint: string;
  readonly isSink = true;
  owed = 0;
  readonly load: SinkLoad;
  readonly #context: LinkContext;
  #client: SessionClient;
  #credit: CreditAccount[];

  constructor(now: number, context: LinkContext, address: { id: string; endpoint: string }) {
    this.id = address.id;
    this.endpoint = address.endpoint;
    this.channel = `sink:${address.id}`;
    this.#context = context;
    this.#credit = context.options.definitions.map(() => new CreditAccount());
    this.load = new SinkLoad(context.options.definitions.length);
    this.#client = this.#connect(now);
  }

  get session(): Session | undefined {
    return this.#client.session;
  }

  allowance(definition: number): { tasks: number; bytes: number } {
    return this.#credit[definition] ?? noCredit;
  }

  spend(definition: number, tasks: number, bytes: number): void {
    this.#credit[definition]?.spend(tasks, bytes);
  }

  count(definition: number, tasks: number, bytes: number): void {
    this.load.count(definition, tasks, bytes);
  }

  isOver(definition: number): boolean {
    return this.load.isOver[definition] === true;
  }

  receive(now: number, message: Message): void {
    this.#client.receive(now, message);
  }

  /** Bytes that were no message: what was lost with them is unknown, so the session cannot go on. */
  distrust(now: number): void {
    if (this.session === undefined) return;
    this.#client.close("a message could not be read");
    this.ended();
    this.#client = this.#connect(now);
  }

  /** Its connection stands, for the first time or anew. */
  connected(now: number): void {
    this.#client.connected(now);
  }

  wake(now: number, lateMs: number): void {
    this.#client.wake(now, lateMs);
  }

  wakeAt(): number {
    return this.#client.wakeAt();
  }

  flush(): void {
    this.#client.flush();
  }

  close(reason: string): void {
    this.#client.close(reason);
  }

  hello() {
    return { ...this.#context.hello(), to: "sink" } as const;
  }

  opened(_now: number, _session: Session, welcome: Welcome): void {
    const { holdings, port, options } = this.#context;
    this.#credit = options.definitions.map(() => new CreditAccount());
    const sent = holdings.accounts
      .flatMap(({ attempts }) => attempts.all())
      .filter(({ batch, state }) => batch?.lane.outlet === this && state === "offered");
    holdings.results.offerAgain(sent);
    holdings.push.sinkSaid({ id: this.id, endpoint: this.endpoint, push: welcome.push });
    port.report({
      type: "sink.joined",
      channel: this.channel,
      name: welcome.name,
      offeredAgain: sent.length,
    });
  }

  resumed(): void {
    this.#context.port.report({ type: "sink.resumed", channel: this.channel });
  }

  received(now: number, _session: Session, message: SessionMessage): void {
    switch (message.verb) {
      case "COMMITTED":
        return this.#committed(now, message);
      case "HEARTBEAT":
      case "GRANT":
        return this.#granted(message.grants);
      default:
        this.#context.violations.add(this.channel, `a sink does not say ${message.verb}`);
    }
  }

  ended(): void {
    this.#context.port.report({ type: "sink.lost", channel: this.channel });
  }

  unreachable(): void {
    this.#context.holdings.push.sinkUnreachable(this.id);
    this.#context.port.report({ type: "sink.unreachable", channel: this.channel });
  }

  refused(_now: number, refusal: { code: string; message: string; endpoint?: string | undefined }): void {
    this.#context.port.report({ type: "sink.refused", channel: this.channel, ...refusal });
  }

  heartbeatState() {
    return {};
  }

  #connect(now: number): SessionClient {
    const { options, port } = this.#context;
    return new SessionClient(now, {
      timing: options.timing,
      transmit: (message) => port.send(this.channel, message),
      handler: this,
      drawBootId: () => port.drawBootId(),
    });
  }

  /** The same id may be held of several ventilators: each of them is told. */
  #committed(now: number, { ids, outcome }: Committed): void {
    const { holdings } = this.#context;
    forEachRun(ids, ({ origin, first, count }) => {
      for (const account of holdings.accounts) {
        const home = account.attempts.find(origin);
        if (home === undefined) continue;
        for (let seq = first; seq < first + count; seq++) {
          const attempt = home.find(seq);
          if (attempt?.batch?.lane.outlet === this) holdings.commit(now, attempt, outcome);
        }
      }
    });
  }

  #granted(grants: Grants | undefined): void {
    if (grants === undefined) return;
    forEachGrant(grants, (definition, tasks, bytes) => this.#credit[definition]?.grant(tasks, bytes));
  }
}

const noCredit = { tasks: 0, bytes: 0 };
