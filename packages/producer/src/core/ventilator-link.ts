/**
 * One ventilator, over all its sessions: what was handed to it and is not safe there, its credit, and what it tells.
 *
 * Whatever it may not have is said again, with the same ids, in every fresh session: sink-bound tasks that are not
 * accepted (so too pushed ones), answered ones that have no answer (it gives them up when their caller is away for long), and cancellations
 * that have no reply. It accepts an id once, so nothing runs twice for that.
 */
import {
  CreditAccount,
  countIds,
  forEachGrant,
  type HelloDetails,
  IdRunsBuilder,
  type Session,
  SessionClient,
  type SessionClientHandler,
  type SubmitBatch,
} from "@tq/common/protocol";
import {
  type Accepted,
  type Answer,
  type BootId,
  bytesOfValues,
  type Grants,
  type IdRuns,
  type Message,
  type NumberedContent,
  type Origin,
  type Refused,
  type Rejected,
  type SessionMessage,
  type Settled,
  type Welcome,
  wireLimits,
} from "@tq/common/wire";
import { mention } from "./events.ts";
import { refusedBy, unreachableAt } from "./link-errors.ts";
import type { ProducerCoreOptions, ProducerPort, VentilatorAddress } from "./port.ts";
import { splitIds } from "./split-ids.ts";
import { TaskBook } from "./task-book.ts";

/** What a producer knows of one of its ventilators. */
export interface VentilatorLinkStats {
  readonly endpoint: string;
  /** What it calls itself, once it was heard. */
  readonly name: string | undefined;
  readonly state: "connecting" | "open" | "unreachable" | "refused";
  /** Tasks that may be handed to it now. */
  readonly credit: number;
  /** Handed over and not accepted, answered tasks aside; sink-bound, accepted and not known to be final. */
  readonly unaccepted: number;
  readonly unsettled: number;
  readonly unanswered: number;
  readonly violations: number;
}

export interface VentilatorLinkOptions extends Pick<ProducerCoreOptions, "now" | "timing" | "name"> {
  /** Place among the owners. */
  readonly index: number;
  readonly address: VentilatorAddress;
  readonly port: ProducerPort;
}

export class VentilatorLink implements SessionClientHandler {
  readonly address: VentilatorAddress;
  readonly #options: VentilatorLinkOptions;
  readonly #port: ProducerPort;
  readonly #client: SessionClient;
  readonly #book: TaskBook;
  #account = new CreditAccount();
  /** What the submitter was told last. */
  #offered = { tasks: 0, bytes: 0 };
  /** Handed over in this turn. */
  #outgoing: SubmitBatch[] = [];
  /** To be said again in this session, before anything new. */
  #backlog: SubmitBatch[] = [];
  readonly #cancels = new IdRunsBuilder();
  readonly #answered = new IdRunsBuilder();
  #bootId: BootId | undefined;
  #peerName: string | undefined;
  #absence: "unreachable" | "refused" | undefined;
  #violations = 0;

  constructor(options: VentilatorLinkOptions) {
    const { now, timing, address, port } = options;
    this.address = address;
    this.#options = options;
    this.#port = port;
    this.#book = new TaskBook(address.origins);
    this.#client = new SessionClient(now, {
      timing,
      transmit: (message) => port.send(address.channel, message),
      handler: this,
      drawBootId: () => port.drawBootId(),
    });
  }

  // ---- from the submitter ----

  /** Whether tasks of this origin were handed to it. */
  has(origin: Origin): boolean {
    return this.#book.has(origin);
  }

  submit(batch: SubmitBatch): void {
    this.#book.keep(batch);
    this.#account.spend(countIds(batch.ids), bytesOfValues(batch.values));
    this.#outgoing.push(batch);
    this.#offerCredit();
  }

  cancel(ids: IdRuns): void {
    this.#book.cancel(ids);
    this.#cancels.addAll(ids);
  }

  answered(ids: IdRuns): void {
    this.#answered.addAll(ids);
  }

  // ---- from the loop ----

  receive(now: number, message: Message): void {
    this.#client.receive(now, message);
  }

  connected(now: number): void {
    this.#client.connected(now);
  }

  wake(now: number, lateMs: number): void {
    this.#client.wake(now, lateMs);
  }

  wakeAt(): number {
    return this.#client.wakeAt();
  }

  flush(now: number): void {
    const session = this.#client.session;
    if (session !== undefined) {
      this.#sayAgain(now, session);
      for (const batch of this.#outgoing.splice(0)) session.send(now, { verb: "SUBMIT", ...batch });
      for (const ids of takeIds(this.#answered)) session.send(now, { verb: "ANSWERED", ids });
      for (const ids of takeIds(this.#cancels)) session.send(now, { verb: "CANCEL", ids });
    }
    this.#client.flush();
    this.#offerCredit();
  }

  close(reason: string): void {
    this.#client.close(reason);
  }

  violation(reason: string): void {
    this.#violations += 1;
    if (!Number.isInteger(Math.log2(this.#violations))) return;
    const { endpoint } = this.address;
    this.#port.report({ type: "peer.violated", endpoint, reason, count: this.#violations });
  }

  stats(): VentilatorLinkStats {
    const isOpen = this.#client.session !== undefined;
    return {
      endpoint: this.address.endpoint,
      name: this.#peerName,
      state: isOpen ? "open" : (this.#absence ?? "connecting"),
      credit: isOpen ? this.#account.tasks : 0,
      ...this.#book.counts(),
      violations: this.#violations,
    };
  }

  // ---- from the session ----

  hello(): HelloDetails {
    return {
      role: "producer",
      to: "ventilator",
      name: this.#options.name,
      definitions: [],
      slots: 0,
      tags: [],
    };
  }

  opened(_now: number, session: Session, welcome: Welcome): void {
    const { bootId, name } = welcome;
    if (this.#bootId !== undefined && this.#bootId !== bootId) this.#forgotten(name);
    this.#bootId = bootId;
    this.#peerName = name;
    this.#absence = undefined;
    this.#account = new CreditAccount();
    this.#outgoing = [];
    this.#backlog = this.#book.again();
    this.#cancels.addAll(this.#book.cancelled());
    const resubmitted = this.#backlog.reduce((tasks, { ids }) => tasks + countIds(ids), 0);
    const { endpoint } = this.address;
    this.#port.report({
      type: "ventilator.joined",
      endpoint,
      name,
      session: session.id,
      bootId,
      resubmitted,
    });
  }

  resumed(): void {
    this.#absence = undefined;
    this.#port.report({ type: "ventilator.resumed", endpoint: this.address.endpoint });
  }

  received(_now: number, _session: Session, message: SessionMessage): void {
    switch (message.verb) {
      case "ACCEPTED":
      case "REJECTED":
      case "SETTLED":
      case "ANSWER":
        if (this.#book.owns(message.ids)) return this.#told(message);
        return this.violation(`${message.verb} names tasks that were not submitted to it`);
      case "HEARTBEAT":
      case "GRANT":
        return this.#granted(message.grants);
      default:
        return this.violation(`a ventilator does not say ${message.verb} to a producer`);
    }
  }

  /** Tasks and cancellations are said again from the book. Who has an answer is told nothing more, so that is repeated here. */
  ended(_now: number, unacknowledged: readonly NumberedContent[]): void {
    this.#outgoing = [];
    this.#backlog = [];
    this.#cancels.take();
    for (const content of unacknowledged) {
      if (content.verb === "ANSWERED") this.#answered.addAll(content.ids);
    }
    this.#port.report({ type: "ventilator.lost", endpoint: this.address.endpoint });
    this.#offerCredit();
  }

  unreachable(): void {
    const { endpoint } = this.address;
    this.#absence = "unreachable";
    this.#port.report({ type: "ventilator.unreachable", endpoint });
    const { index, timing } = this.#options;
    this.#port.events.unreachable(index, unreachableAt([endpoint], timing.unreachableAfterMs));
  }

  refused(_now: number, refusal: Omit<Refused, "verb">): void {
    const { endpoint } = this.address;
    const { code, message, endpoint: rightEndpoint } = refusal;
    this.#absence = "refused";
    this.#port.report({ type: "ventilator.refused", endpoint, code, message, rightEndpoint });
    this.#port.events.unreachable(this.#options.index, refusedBy(endpoint, refusal));
  }

  heartbeatState() {
    return {};
  }

  // ---- its inside ----

  #told(message: Accepted | Rejected | Settled | Answer): void {
    const { events } = this.#port;
    const { ids } = message;
    switch (message.verb) {
      case "ACCEPTED":
        this.#book.accepted(ids);
        return events.accepted(ids);
      case "REJECTED":
        this.#book.ended(ids);
        return events.rejected(ids, message.code, message.message);
      case "SETTLED":
        this.#book.ended(ids);
        return events.settled(message.outcome, ids);
      case "ANSWER":
        this.#book.ended(ids);
        return events.answer(message.outcome, message);
    }
  }

  /** Another start of the ventilator: what it had accepted went with its memory. */
  #forgotten(name: string): void {
    const { lost, cancelled } = this.#book.forgotten();
    if (lost.runs.length === 0) return;
    const { endpoint } = this.address;
    this.#port.report({ type: "tasks.lost", endpoint, name, ...mention(lost) });
    if (cancelled.runs.length === 0) return;
    const message = `the ventilator at ${endpoint} was started anew and does not remember the task`;
    this.#port.events.rejected(cancelled, "TQ_ERR_UNKNOWN_OUTCOME", message);
  }

  /** Within the credit, like all else: whoever grants it may have less room than before. */
  #sayAgain(now: number, session: Session): void {
    while (session.hasRoom && this.#account.tasks > 0) {
      const next = this.#backlog.shift();
      if (next === undefined) return;
      const [batch, rest] =
        countIds(next.ids) <= this.#account.tasks
          ? [next, undefined]
          : this.#book.split(next, this.#account.tasks);
      if (rest !== undefined) this.#backlog.unshift(rest);
      this.#account.spend(countIds(batch.ids), bytesOfValues(batch.values));
      session.send(now, { verb: "SUBMIT", ...batch });
    }
  }

  #granted(grants: Grants | undefined): void {
    if (grants === undefined) return;
    forEachGrant(grants, (definition, tasks, bytes) => {
      if (definition === 0) this.#account.grant(tasks, bytes);
    });
  }

  /** Tells the submitter what it may hand over, when that has changed. */
  #offerCredit(): void {
    const session = this.#client.session;
    const messages = (session?.unacknowledged.length ?? 0) + this.#outgoing.length;
    const isOpen = session !== undefined && messages < wireLimits.unacknowledgedMax;
    const tasks = isOpen ? this.#account.tasks : 0;
    const bytes = isOpen ? this.#account.bytes : 0;
    if (tasks === this.#offered.tasks && bytes === this.#offered.bytes) return;
    this.#offered = { tasks, bytes };
    this.#port.events.credit(tasks, bytes, this.#options.index);
  }
}

/** What was gathered, as lists that fit into a message. */
function takeIds(builder: IdRunsBuilder): readonly IdRuns[] {
  return builder.count === 0 ? [] : splitIds(builder.take(), wireLimits.idsPerMessageMax);
}
