/**
 * One ventilator, over all its sessions: what it is to see to and may not have, its credit, and what it tells.
 *
 * Whatever it may not have is said again, with the same ids, in every fresh session: sink-bound tasks that are not
 * accepted (so too pushed ones), answered ones that have no answer (it gives them up when their caller is away for long), and
 * cancellations that have no reply. What another start of it had accepted is asked for. It accepts an id once, so nothing
 * runs twice for that.
 */
import {
  CreditAccount,
  countIds,
  forEachGrant,
  forEachId,
  type HelloDetails,
  IdRunsBuilder,
  type Session,
  SessionClient,
  type SessionClientHandler,
  type SubmitBatch,
  silenceLimitMs,
} from "@tq/common/protocol";
import {
  type BootId,
  bytesOfValues,
  type Grants,
  type IdRuns,
  type Message,
  type NumberedContent,
  type Origin,
  type Reclaimed,
  type Refused,
  type SessionMessage,
  type Welcome,
  wireLimits,
} from "@tq/common/wire";
import { Asking } from "./asking.ts";
import { Backlog } from "./backlog.ts";
import type { KeptBytes } from "./kept-batches.ts";
import { refusedBy, unreachableAt } from "./link-errors.ts";
import type { LinkHub } from "./link-hub.ts";
import type { VentilatorLinkStats } from "./link-stats.ts";
import type { ProducerCoreOptions, ProducerLimits, ProducerPort, VentilatorAddress } from "./port.ts";
import { Reclaiming } from "./reclaiming.ts";
import { SinkPins } from "./sink-pins.ts";
import type { KeptBatch } from "./slice-batch.ts";
import { takeIds } from "./split-ids.ts";
import { type Moving, TaskBook } from "./task-book.ts";

export interface VentilatorLinkOptions extends Pick<ProducerCoreOptions, "now" | "timing" | "name"> {
  /** Place among the owners. */
  readonly index: number;
  readonly address: VentilatorAddress;
  readonly port: ProducerPort;
  readonly hub: LinkHub<VentilatorLink>;
  readonly limits: ProducerLimits;
  /** What all links keep together. */
  readonly meter: KeptBytes;
}

const never = Number.POSITIVE_INFINITY;

export class VentilatorLink implements SessionClientHandler {
  readonly index: number;
  readonly address: VentilatorAddress;
  readonly book: TaskBook;
  /** It takes nothing until then: it has refused what it was given. */
  refusesUntil = Number.NEGATIVE_INFINITY;
  readonly #options: VentilatorLinkOptions;
  readonly #port: ProducerPort;
  readonly #client: SessionClient;
  readonly #pins: SinkPins;
  readonly #reclaiming: Reclaiming;
  readonly asking: Asking;
  #account = new CreditAccount();
  /** What the submitter was told last. */
  #offered = { tasks: 0, bytes: 0 };
  /** Handed over in this turn. */
  #outgoing: KeptBatch[] = [];
  readonly #backlog: Backlog;
  /** To be asked for in this session. */
  #reclaims: IdRuns[] = [];
  readonly #cancels = new IdRunsBuilder();
  readonly #answered = new IdRunsBuilder();
  #bootIds: { readonly own: BootId; readonly theirs: BootId } | undefined;
  #peerName: string | undefined;
  #absence: "unreachable" | "refused" | undefined;
  /** Its last session is known to be over, and no other has begun. */
  #isOver = false;
  #heardAt = never;
  #silenceMs: number;
  #now: number;
  #violations = 0;

  constructor(options: VentilatorLinkOptions) {
    const { now, timing, address, port, limits, meter } = options;
    this.index = options.index;
    this.#now = now;
    this.address = address;
    this.#options = options;
    this.#port = port;
    this.book = new TaskBook(address.origins, meter);
    this.#pins = new SinkPins(limits.sinkGraceMs);
    this.#reclaiming = new Reclaiming(this.book);
    this.#backlog = new Backlog(this.book);
    this.asking = new Asking(address.endpoint);
    this.#silenceMs = silenceLimitMs(timing);
    this.#client = new SessionClient(now, {
      timing,
      transmit: (message) => port.send(address.channel, message),
      handler: this,
      drawBootId: () => port.drawBootId(),
    });
  }

  get isOpen(): boolean {
    return this.#client.session !== undefined;
  }

  /** Whether what it has is better given to another one: its session is over, or nothing was heard for as long as that takes. */
  isGone(now: number): boolean {
    return !this.isOpen && (this.#isOver || now - this.#heardAt >= this.#silenceMs);
  }

  // ---- from the submitter ----

  submit(batch: SubmitBatch): void {
    for (const part of this.#pins.pinned(batch)) {
      this.book.keep(part);
      this.#account.spend(countIds(part.ids), bytesOfValues(part.values));
      this.#outgoing.push(part);
    }
    this.offerCredit();
  }

  /** Takes over what was another one's, or what it has refused itself. */
  adopt({ batch, cancelled, ...standing }: Moving): void {
    this.book.keep(batch, standing);
    this.book.cancel(cancelled);
    this.#backlog.add(batch);
  }

  /** A cancellation that overtakes its task finds nothing to cancel: what is still to be said again is cancelled behind it. */
  cancel(ids: IdRuns): void {
    this.book.cancel(ids);
    const waits = (origin: Origin, seq: number): boolean =>
      this.book.isReclaiming(origin, seq) || this.#backlog.has(origin, seq);
    forEachId(ids, (origin, seq) => {
      if (!waits(origin, seq)) this.#cancels.add(origin, seq);
    });
  }

  answered(ids: IdRuns): void {
    this.#answered.addAll(ids);
  }

  /** It is there, or still looked for: what is only its own can wait for it. */
  isInReach(): boolean {
    const { hub } = this.#options;
    return this.#absence === undefined && !this.isGone(this.#now) && !hub.isSpared(this);
  }

  // ---- to another ventilator ----

  /** Gives away all that another ventilator can do, or these of it. */
  takeMovable(ids?: IdRuns): readonly Moving[] {
    if (ids === undefined) {
      for (const { ids: unsent, values } of this.#outgoing) {
        // Its session may yet be resumed: what never left has not spent its credit.
        this.#account.spend(-countIds(unsent), -bytesOfValues(values));
      }
      this.#outgoing = this.#outgoing.filter(({ reply }) => reply === "push");
      this.#backlog.dropMovable();
    }
    return this.book.takeMovable(ids);
  }

  // ---- from the loop ----

  receive(now: number, message: Message): void {
    this.#now = now;
    this.#client.receive(now, message);
    if (this.isOpen) this.#heardAt = now;
  }

  connected(now: number): void {
    this.#client.connected(now);
  }

  wake(now: number, lateMs: number): void {
    this.#now = now;
    this.#client.wake(now, lateMs);
    for (const sink of this.#pins.takeGivenUp(now)) this.book.unpin(sink);
  }

  wakeAt(): number {
    const goneAt = this.isOpen || !this.book.isMovable ? never : this.#heardAt + this.#silenceMs;
    const later = [goneAt, this.refusesUntil].filter((at) => at > this.#now);
    return Math.min(this.#client.wakeAt(), this.#pins.wakeAt(), ...later);
  }

  flush(now: number): void {
    this.#now = now;
    const session = this.#client.session;
    if (session !== undefined) {
      for (const ids of this.#reclaims.splice(0)) session.send(now, { verb: "RECLAIM", ids });
      if (now >= this.refusesUntil)
        this.#backlog.say(now, session, { account: this.#account, cancels: this.#cancels });
      for (const batch of this.#outgoing.splice(0)) session.send(now, { verb: "SUBMIT", ...batch });
      for (const ids of takeIds(this.#answered)) session.send(now, { verb: "ANSWERED", ids });
      for (const ids of takeIds(this.#cancels)) session.send(now, { verb: "CANCEL", ids });
      for (const content of this.asking.takeUnsent()) session.send(now, content);
    }
    this.#client.flush();
    this.offerCredit();
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

  /** Tells the submitter what it may hand over, when that has changed. */
  offerCredit(): void {
    const session = this.#client.session;
    const messages = (session?.unacknowledged.length ?? 0) + this.#outgoing.length;
    const { hub } = this.#options;
    const bytesLeft = hub.keptBytesLeft;
    const isOpen = session !== undefined && messages < wireLimits.unacknowledgedMax;
    const takes = isOpen && bytesLeft > 0 && !hub.isSpared(this);
    const tasks = takes ? this.#account.tasks : 0;
    const bytes = takes ? Math.min(this.#account.bytes, bytesLeft) : 0;
    if (tasks === this.#offered.tasks && bytes === this.#offered.bytes) return;
    this.#offered = { tasks, bytes };
    this.#port.events.credit(tasks, bytes, this.index);
  }

  stats(): VentilatorLinkStats {
    return {
      endpoint: this.address.endpoint,
      name: this.#peerName,
      state: this.isOpen ? "open" : (this.#absence ?? "connecting"),
      credit: this.isOpen ? this.#account.tasks : 0,
      ...this.book.counts(),
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

  opened(now: number, session: Session, welcome: Welcome): void {
    const { bootId, name, heartbeatMs, liveness } = welcome;
    const known = this.#bootIds;
    this.#bootIds = { own: this.#client.bootId, theirs: bootId };
    // Who comes under another boot id is another producer there, until it says which tasks are its own.
    const isOther = known !== undefined && (known.theirs !== bootId || known.own !== this.#client.bootId);
    if (isOther) this.book.beginReclaim(known.theirs !== bootId);
    this.#peerName = name;
    this.#absence = undefined;
    this.#isOver = false;
    this.#heardAt = now;
    this.#silenceMs = heartbeatMs * liveness;
    this.#account = new CreditAccount();
    this.refusesUntil = Number.NEGATIVE_INFINITY;
    this.#outgoing = [];
    this.#backlog.begin(this.book.again());
    this.#reclaims = [...this.#reclaiming.begin()];
    this.#cancels.addAll(this.book.cancelled());
    const resubmitted = this.#backlog.tasks;
    const { endpoint } = this.address;
    this.#port.report({
      type: "ventilator.joined",
      endpoint,
      name,
      session: session.id,
      bootId,
      resubmitted,
    });
    this.#options.hub.present();
  }

  resumed(): void {
    this.#absence = undefined;
    this.#port.report({ type: "ventilator.resumed", endpoint: this.address.endpoint });
    this.#options.hub.present();
  }

  received(now: number, _session: Session, message: SessionMessage): void {
    switch (message.verb) {
      case "ACCEPTED":
      case "REJECTED":
      case "SETTLED":
      case "ANSWER":
      case "DUPLICATE":
        if (this.#options.hub.owns(message.ids)) return this.#options.hub.told(now, this, message);
        return this.violation(`${message.verb} names tasks that were not submitted by this producer`);
      case "RECLAIMED":
        return this.#reclaimed(message);
      case "RESPONSE":
        if (this.asking.answered(message)) return;
        return this.violation("RESPONSE answers nothing that was asked");
      case "SINKS":
        return this.#pins.heard(now, message);
      case "HEARTBEAT":
      case "GRANT":
        return this.#granted(message.grants);
      default:
        return this.violation(`a ventilator does not say ${message.verb} to a producer`);
    }
  }

  /** Tasks and cancellations are said again from the book. Who has an answer is told nothing more, so that is repeated here. */
  ended(_now: number, unacknowledged: readonly NumberedContent[]): void {
    this.#isOver = true;
    this.asking.ended();
    this.#outgoing = [];
    this.#backlog.begin([]);
    this.#reclaims = [];
    this.#cancels.take();
    for (const content of unacknowledged) {
      if (content.verb === "ANSWERED") this.#answered.addAll(content.ids);
    }
    this.#port.report({ type: "ventilator.lost", endpoint: this.address.endpoint });
    this.offerCredit();
  }

  unreachable(): void {
    const { endpoint } = this.address;
    this.#absence = "unreachable";
    this.#port.report({ type: "ventilator.unreachable", endpoint });
    this.#options.hub.absent(this, unreachableAt([endpoint], this.#options.timing.unreachableAfterMs));
  }

  refused(_now: number, refusal: Omit<Refused, "verb">): void {
    const { endpoint } = this.address;
    const { code, message, endpoint: rightEndpoint } = refusal;
    this.#absence = "refused";
    this.#isOver = true;
    this.#port.report({ type: "ventilator.refused", endpoint, code, message, rightEndpoint });
    this.#options.hub.absent(this, refusedBy(endpoint, refusal));
  }

  heartbeatState() {
    return {};
  }

  // ---- its inside ----

  #reclaimed(message: Reclaimed): void {
    const { endpoint } = this.address;
    const answer = this.#reclaiming.answered(message);
    // What was submitted again and is over is told without a question: nothing else would end it.
    if (answer === undefined && countIds(message.unknown) === 0)
      return this.#options.hub.ended(message.ended, endpoint);
    if (answer === undefined) return this.violation("RECLAIMED answers nothing that was asked");
    this.#backlog.add(...answer.again);
    this.#options.hub.ended(answer.ended, endpoint);
    this.#cancels.addAll(this.book.cancelled());
    if (answer.totals === undefined) return;
    this.#port.report({ type: "tasks.reclaimed", endpoint, name: this.#peerName ?? "", ...answer.totals });
  }

  #granted(grants: Grants | undefined): void {
    if (grants === undefined) return;
    forEachGrant(grants, (definition, tasks, bytes) => {
      if (definition === 0) this.#account.grant(tasks, bytes);
    });
  }
}
