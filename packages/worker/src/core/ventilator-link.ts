/** The session with one ventilator: what it asks for, and what a fresh session means for what is held of it. */
import { TqError } from "@tq/common";
import {
  forEachRun,
  noIds,
  type Session,
  SessionClient,
  type SessionClientHandler,
} from "@tq/common/protocol";
import type {
  Control,
  IdRuns,
  Message,
  NumberedContent,
  SessionMessage,
  Tasks,
  Welcome,
} from "@tq/common/wire";
import type { Account } from "./account.ts";
import type { Attempt, Outlet } from "./attempt.ts";
import { laneOf } from "./holdings.ts";
import type { LeaseIntake } from "./lease-intake.ts";
import type { LinkContext } from "./link-context.ts";
import type { Claim, Reservations } from "./reservations.ts";
import { nothingFull } from "./sink-shares.ts";
import type { Sinks } from "./sinks.ts";

export interface VentilatorContext extends LinkContext {
  readonly sinks: Sinks;
  readonly intake: LeaseIntake;
  readonly reservations: Reservations;
  isDraining(): boolean;
  drain(): void;
}

export class VentilatorLink implements SessionClientHandler {
  readonly channel: string;
  readonly account: Account;
  readonly #context: VentilatorContext;
  #client: SessionClient;
  /** Commands that are carried out and not confirmed. */
  #controlled: number[] = [];
  /** What it was told of full sinks in this session. */
  #fullTold = nothingFull;
  isRefused = false;

  constructor(now: number, context: VentilatorContext, of: { channel: string; account: Account }) {
    this.channel = of.channel;
    this.account = of.account;
    this.#context = context;
    this.#client = this.#connect(now);
  }

  get session(): Session | undefined {
    return this.#client.session;
  }

  receive(now: number, message: Message): void {
    if (message.verb === "WELCOME" && message.epoch === 0) {
      this.#client.receive(now, { verb: "REFUSED", ...noVentilator(message) });
      return;
    }
    this.#client.receive(now, message);
    // Also a WELCOME that repeats or resumes the session: that is how sinks become known that were not there before.
    if (message.verb === "WELCOME" && message.session === this.session?.id) {
      this.#context.sinks.learn(now, this.account.ventilator, message.sinks);
      this.#context.holdings.push.welcomed(this.account.ventilator, message);
    }
  }

  /** Bytes that were no message: what was lost with them is unknown, so the session cannot go on. */
  distrust(now: number): void {
    const { session } = this;
    if (session === undefined) return;
    const unacknowledged = [...session.unacknowledged];
    this.#client.close("a message could not be read");
    this.ended(now, unacknowledged);
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

  /** Says what was gathered. What a command has given back comes before it is confirmed. */
  say(now: number): void {
    const { session } = this;
    if (session === undefined) return;
    for (const content of this.account.unsaid.take(this.account.epoch)) session.send(now, content);
    for (const control of this.#controlled.splice(0)) session.send(now, { verb: "CONTROLLED", control });
  }

  /** Nothing of this definition is to be taken from it. */
  isPaused(definition: number): boolean {
    return this.account.pauses.has(this.#context.options.definitions[definition]?.name ?? "");
  }

  grant(definitions: Iterable<number>): void {
    const grants = this.account.grants.tell(definitions);
    if (grants.length > 0) this.session?.sendUnnumbered({ verb: "GRANT", grants });
  }

  /** Says which sinks the worker is full for, unless it is known. */
  tellFull(): void {
    const { full } = this.#context.sinks;
    const { session } = this;
    if (session === undefined || full === this.#fullTold) return;
    session.sendUnnumbered({ verb: "GRANT", grants: [], full });
    this.#fullTold = full;
  }

  flush(): void {
    this.#client.flush();
  }

  close(reason: string): void {
    this.#client.close(reason);
  }

  hello() {
    const { attempts, epoch } = this.account;
    const hello = { ...this.#context.hello(), to: "ventilator" } as const;
    return epoch === 0 ? hello : { ...hello, held: attempts.held(epoch) };
  }

  opened(now: number, session: Session, welcome: Welcome): void {
    const { account } = this;
    this.#fullTold = nothingFull;
    const dropped = this.#dropUnlessAdopted(now, welcome);
    account.begin({ epoch: welcome.epoch, adopted: welcome.adopted ?? noIds });
    const adopted = this.#carryOn();
    this.#context.holdings.windows.touchAll();
    this.#context.port.report({
      type: "ventilator.joined",
      channel: this.channel,
      ventilator: account.ventilator,
      name: welcome.name,
      session: session.id,
      bootId: this.#client.bootId,
      epoch: welcome.epoch,
      adopted,
      dropped,
    });
  }

  resumed(): void {
    this.#context.holdings.windows.touchAll();
    this.#context.port.report({ type: "ventilator.resumed", channel: this.channel });
  }

  received(now: number, _session: Session, message: SessionMessage): void {
    switch (message.verb) {
      case "TASKS":
        return this.#tasks(now, message);
      case "CANCEL":
        return this.#cancel(now, message.ids);
      case "RECALL":
        return this.#recall(message.ids);
      case "COMMITTED":
        return this.#forEachHeld(message.ids, (attempt) => {
          if (!laneOf(attempt).outlet.isSink) this.#context.holdings.commit(now, attempt, message.outcome);
        });
      case "RESERVE":
        return this.#context.reservations.reserve(this.#claim(message.reservation));
      case "RELEASE":
        return this.#context.reservations.release(this.#claim(message.reservation));
      case "CONTROL":
        return this.#control(message);
      case "DETACH":
        return this.#context.holdings.push.detached(this.account.ventilator);
      case "HEARTBEAT":
      case "GRANT":
        return;
      default:
        this.#context.violations.add(this.channel, `a ventilator does not say ${message.verb} to a worker`);
    }
  }

  ended(_now: number, unacknowledged: readonly NumberedContent[]): void {
    this.#context.reservations.forget(this.account.ventilator);
    this.account.pauses.clear();
    this.#controlled = [];
    this.account.unsaid.repeat(this.account.epoch, unacknowledged);
    this.#context.holdings.windows.touchAll();
    const { ventilator } = this.account;
    this.#context.port.report({ type: "ventilator.lost", channel: this.channel, ventilator });
  }

  unreachable(): void {
    this.#context.port.report({ type: "ventilator.unreachable", channel: this.channel });
  }

  refused(_now: number, refusal: { code: string; message: string; endpoint?: string | undefined }): void {
    this.isRefused = true;
    this.#context.port.report({ type: "ventilator.refused", channel: this.channel, ...refusal });
  }

  heartbeatState() {
    const { attempts, epoch, grants } = this.account;
    this.#context.holdings.push.heartbeat(this.account.ventilator);
    return {
      grants: grants.tell(),
      held: attempts.held(epoch),
      unfinished: attempts.unfinished,
      ...(this.#fullTold === nothingFull ? {} : { full: this.#fullTold }),
    };
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

  /**
   * What WELCOME does not adopt is nobody's any more. A result for a sink is offered in any case: the work is done, and the
   * sink knows best whether it came first.
   */
  #dropUnlessAdopted(now: number, { adopted = noIds }: Welcome): number {
    this.#forEachHeld(adopted, (attempt) => {
      attempt.isAdopted = attempt.isHeld;
    });
    let dropped = 0;
    for (const attempt of this.account.attempts.all()) {
      if (attempt.isAdopted) continue;
      if (isComputed(attempt) && laneOf(attempt).outlet.isSink) {
        attempt.isHeld = false;
      } else {
        dropped += 1;
        this.#context.holdings.drop(now, attempt, notAdopted());
      }
    }
    return dropped;
  }

  /** The rest are leases of this session, which has granted nothing yet. */
  #carryOn(): number {
    const adopted = this.account.attempts.all().filter(({ isHeld }) => isHeld);
    for (const attempt of adopted) {
      attempt.isAdopted = false;
      attempt.isCarried = true;
      if (!isComputed(attempt)) this.account.grants.carry(laneOf(attempt).definition, attempt.inputBytes);
    }
    const answered = adopted.filter((attempt) => !laneOf(attempt).outlet.isSink);
    this.#context.holdings.results.offerAgain(answered);
    return adopted.length;
  }

  #tasks(now: number, message: Tasks): void {
    const { intake, sinks, violations } = this.#context;
    const outlet = message.sink === undefined ? this.account : sinks.find(message.sink);
    const reason = intake.take(now, this.account, { message, outlet });
    if (reason !== undefined) violations.add(this.channel, reason);
    else if (!this.#takes(message.definition) || this.#isOver(outlet, message.definition)) {
      this.#recall(message.ids);
    }
  }

  /** Suspects are taken in any case: they are few, and nobody else runs them. */
  #isOver(outlet: Outlet | undefined, definition: number): boolean {
    return this.#context.reservations.isFree && outlet?.isOver(definition) === true;
  }

  #takes(definition: number): boolean {
    const { reservations } = this.#context;
    const isOpen = !this.#context.isDraining() && !this.isPaused(definition);
    return isOpen && reservations.takes(this.account.ventilator);
  }

  #control({ control, command, task }: Control): void {
    this.#controlled.push(control);
    // A worker leaves as a whole: with a name, to drain is to pause.
    if (command === "drain" && task === undefined) {
      this.#context.port.report({ type: "worker.drain-asked", channel: this.channel });
      this.#context.drain();
      return;
    }
    this.account.pauses.set(command !== "resume", task);
    for (const attempt of this.account.attempts.all()) {
      if (attempt.state === "queued" && this.isPaused(laneOf(attempt).definition)) {
        this.#context.holdings.giveBack(attempt);
      }
    }
    this.#context.holdings.windows.touchAll();
  }

  #claim(reservation: number): Claim {
    return { ventilator: this.account.ventilator, reservation };
  }

  #cancel(now: number, ids: IdRuns): void {
    this.#forEachHeld(ids, (attempt) => this.#context.holdings.drop(now, attempt, cancelled()));
  }

  #recall(ids: IdRuns): void {
    this.#forEachHeld(ids, (attempt) => {
      if (attempt.state === "queued") this.#context.holdings.giveBack(attempt);
    });
  }

  #forEachHeld(ids: IdRuns, visit: (attempt: Attempt) => void): void {
    forEachRun(ids, ({ origin, first, count }) => {
      const home = this.account.attempts.find(origin);
      if (home === undefined) return;
      for (let seq = first; seq < first + count; seq++) {
        const attempt = home.find(seq);
        if (attempt !== undefined) visit(attempt);
      }
    });
  }
}

/** An epoch is at least 1 with a ventilator: this is a sink that does not look at HELLO's `to`. */
const noVentilator = ({ name }: Welcome) => ({
  code: "TQ_ERR_WRONG_ENDPOINT",
  message: `${name} is a sink; a worker goes to a ventilator's workers endpoint`,
});
const isComputed = ({ state }: Attempt): boolean => state === "computed" || state === "offered";
const cancelled = () => new TqError("TQ_ERR_CANCELLED", "the task was cancelled");
const notAdopted = () =>
  new TqError("TQ_ERR_CANCELLED", "the ventilator has given the task up for lost, and to others");
