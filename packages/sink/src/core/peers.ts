/**
 * Who is connected: admits workers and ventilators, sorts what they say, keeps each worker's credit.
 *
 * A peer that breaks the rules in a way that leaves its session's state open (an unknown definition, more than its
 * credit) loses the session: it comes back in a fresh one and says again what it still has. Anything else is dropped.
 */
import {
  type EndReason,
  type Refusal,
  type ServerSession,
  SessionServer,
  type SessionServerHandler,
  type Timing,
  type WelcomeDetails,
} from "@tq/common/protocol";
import {
  type BootId,
  bytesOfValues,
  type Hello,
  type Message,
  mayCarry,
  ownedValues,
  type Propose,
  type Results,
  type Role,
  type SessionId,
  type SessionMessage,
  sizesOfValues,
} from "@tq/common/wire";
import type { CreditShare } from "./credit-pool.ts";
import type { SinkEvent } from "./events.ts";
import type { Entry, Inbox } from "./inbox.ts";
import type { Inboxes } from "./inboxes.ts";
import type { Ledger } from "./ledger.ts";
import type { PushIntake } from "./push-intake.ts";

export interface SinkIdentity {
  readonly bootId: BootId;
  /** Shown to people. */
  readonly name: string;
  /** Stable over restarts where there is a store, else the boot id. */
  readonly sinkId: string;
  readonly firstSession: SessionId;
}

export interface PeersOptions {
  readonly identity: SinkIdentity;
  readonly timing: Timing;
  readonly inboxes: Inboxes;
  readonly ledger: Ledger;
  readonly send: (route: string, message: Message) => void;
  readonly report: (event: SinkEvent) => void;
  readonly push: PushIntake;
  /** Results or final failures came in. */
  readonly offer: (now: number, inbox: Inbox, entry: Entry & { readonly session: SessionId }) => void;
}

/** A worker's credit for one definition of its HELLO, in that order. */
interface Part {
  readonly inbox: Inbox;
  readonly share: CreditShare;
}

export class Peers implements SessionServerHandler {
  readonly server: SessionServer;
  readonly #options: PeersOptions;
  readonly #parts = new Map<SessionId, readonly Part[]>();
  violations = 0;
  /** Where its PULL is bound, if it takes part in the push lane. */
  pushEndpoint: string | undefined;
  /** No credit beyond what is granted. */
  isDraining = false;

  constructor(options: PeersOptions) {
    this.#options = options;
    const { bootId, name, firstSession } = options.identity;
    this.server = new SessionServer({
      identity: { bootId, name, epoch: 0 },
      timing: options.timing,
      transmit: options.send,
      handler: this,
      roles: ["worker", "ventilator"],
      firstSession,
    });
  }

  /** Everybody has acknowledged everything. */
  get haveHeardAll(): boolean {
    for (const session of this.server.sessions) if (session.unacknowledged.length > 0) return false;
    return true;
  }

  /** Counts what a peer did against the rules, and tells of the first and of each power of two. */
  violated(name: string | undefined, reason: string): void {
    this.violations += 1;
    const count = this.violations;
    if ((count & (count - 1)) === 0)
      this.#options.report({ type: "peer.violation", peer: name, reason, count });
  }

  /** Sends what credit has become free. Once per turn. */
  grant(): void {
    if (this.isDraining) return;
    const grown = new Map<SessionId, CreditShare[]>();
    for (const inbox of this.#options.inboxes.all) {
      if (!inbox.credit.isDirty) continue;
      inbox.credit.openAll((share) => {
        const ofSession = grown.get(share.session);
        if (ofSession === undefined) grown.set(share.session, [share]);
        else ofSession.push(share);
      });
    }
    for (const [id, shares] of grown) {
      this.server.find(id)?.sendUnnumbered({ verb: "GRANT", grants: grantsOf(shares) });
    }
  }

  // ---- SessionServerHandler ----------------------------------------------------------------------------------------

  admit({ role, to = "sink", name }: Hello): Refusal | undefined {
    if (to === "sink" && (role === "worker" || role === "ventilator")) return undefined;
    const endpoint = this.#ventilatorEndpoint(role);
    const code = "TQ_ERR_WRONG_ENDPOINT";
    const where = endpoint === undefined ? "" : `, which is ${endpoint}`;
    const message =
      role === "producer" || role === "worker"
        ? `this is a sink; a ${role} goes to a ventilator's ${role}s endpoint${where}`
        : `this is a sink; it serves workers and ventilators, not a ${role}`;
    this.#options.report({ type: "peer.refused", peer: name, role, code, message });
    return endpoint === undefined ? { code, message } : { code, message, endpoint };
  }

  welcome(): WelcomeDetails {
    const details = { sinks: [], sinkId: this.#options.identity.sinkId };
    const { pushEndpoint: push } = this;
    return push === undefined ? details : { ...details, push };
  }

  opened(_now: number, { id, hello }: ServerSession): void {
    if (hello.role === "worker") {
      const parts = hello.definitions.map(({ name, contract }, definition) => {
        const inbox = this.#options.inboxes.open(name, contract);
        return { inbox, share: inbox.credit.join(id, definition) };
      });
      this.#parts.set(id, parts);
      this.#options.report({ type: "worker.joined", session: id, worker: hello.name });
    } else {
      this.#options.report({ type: "ventilator.joined", session: id, ventilator: hello.name });
    }
  }

  received(now: number, session: ServerSession, message: SessionMessage): void {
    const { role, name } = session.hello;
    if (!mayCarry(message.verb, role, "sink")) {
      return this.violated(name, `a ${role} may not say ${message.verb} to a sink`);
    }
    switch (message.verb) {
      case "RESULTS":
        return this.#results(now, session, message);
      case "PROPOSE":
        return this.#propose(now, session, message);
      case "LOWMARK":
        return message.origins.forEach((origin, index) => {
          const below = message.below[index] ?? 0;
          if (this.#options.push.raise(origin, below)) this.#options.ledger.raise(origin, below);
        });
      case "CLOSED":
        for (const origin of message.origins) this.#options.push.close(origin);
        return this.#options.ledger.close(message);
      case "SENT":
        return this.#options.push.sent(now, session.id, message);
      default:
        // HEARTBEAT says nothing more than the session has seen to.
        return;
    }
  }

  ended(_now: number, { id, hello }: ServerSession, reason: EndReason): void {
    for (const { inbox, share } of this.#parts.get(id) ?? []) {
      inbox.credit.leave(share);
      this.#options.inboxes.tidy(inbox);
    }
    this.#parts.delete(id);
    const { name, role } = hello;
    const { report } = this.#options;
    if (role === "worker") report({ type: "worker.left", session: id, worker: name, reason });
    else report({ type: "ventilator.left", session: id, ventilator: name, reason });
  }

  heartbeatState({ id }: ServerSession): { grants?: readonly number[] } {
    const parts = this.#parts.get(id) ?? [];
    if (parts.length === 0) return {};
    if (!this.isDraining) for (const { inbox, share } of parts) inbox.credit.open(share);
    return { grants: grantsOf(parts.map(({ share }) => share)) };
  }

  // ---- what they say -----------------------------------------------------------------------------------------------

  #results(now: number, session: ServerSession, message: Results): void {
    const part = this.#parts.get(session.id)?.[message.definition];
    if (part === undefined) {
      return this.#breach(now, session, `RESULTS name definition ${message.definition}, HELLO does not`);
    }
    const { inbox, share } = part;
    const { ids, attempts, traceparent, durationsUs } = message;
    const sizes = sizesOfValues(message.values);
    const bytes = bytesOfValues(message.values);
    const came = { results: sizes.length, bytes, lastBytes: sizes.at(-1) ?? 0 };
    if (!inbox.credit.receive(share, came)) {
      return this.#breach(now, session, `more RESULTS of ${inbox.name} than there was credit for`);
    }
    const batch = {
      name: inbox.name,
      contract: inbox.contract,
      outcome: "completed",
      count: sizes.length,
      ids,
      attempts,
      traceparent,
      durationsUs,
      values: ownedValues(message.values),
      worker: session.hello.name,
    } as const;
    this.#options.offer(now, inbox, { batch, session: session.id, share, from: 0 });
  }

  #propose(now: number, session: ServerSession, message: Propose): void {
    const { name, contract } = message.definition;
    const { outcome, ids, attempts, traceparent } = message;
    if (outcome === "completed") {
      return this.#breach(now, session, "a completion is offered by the worker, not proposed");
    }
    const batch = {
      name,
      contract,
      outcome,
      count: message.values.lengths.length,
      ids,
      attempts,
      traceparent,
      durationsUs: undefined,
      values: ownedValues(message.values),
      worker: undefined,
    };
    const inbox = this.#options.inboxes.open(name, contract);
    this.#options.offer(now, inbox, { batch, session: session.id, share: undefined, from: 0 });
  }

  #breach(now: number, session: ServerSession, reason: string): void {
    this.violated(session.hello.name, reason);
    this.server.end(now, session, "violation");
  }

  /** Where a peer of this role should have gone, if a ventilator is here that serves it. */
  #ventilatorEndpoint(role: Role): string | undefined {
    for (const { hello } of this.server.sessions) {
      const endpoint = hello.endpoints?.[`${role}s`];
      if (hello.role === "ventilator" && endpoint !== undefined) return endpoint;
    }
    return undefined;
  }
}

function grantsOf(shares: readonly CreditShare[]): number[] {
  return shares.flatMap(({ definition, window }) => [definition, window.tasksGranted, window.bytesGranted]);
}
