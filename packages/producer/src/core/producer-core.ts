/**
 * The producer without its process: takes what the submitter hands over to the ventilator it is for, and brings back what
 * that one tells. Pure: time is an argument, and effects leave through the port.
 *
 * A task's id is given by the ventilator that it is handed to first, and stays the same wherever it goes: who hears of it
 * from another one later knows it all the same. So what is told of a task is taken from any of them.
 */
import {
  forEachRun,
  IdRunsBuilder,
  type PlacedRun,
  type SubmitBatch,
  type SubmitPort,
} from "@tq/common/protocol";
import { type IdRuns, type Message, withOwnAttachments } from "@tq/common/wire";
import type { Replying } from "./asking.ts";
import { Failover } from "./failover.ts";
import type { KeptBytes } from "./kept-batches.ts";
import type { LinkHub } from "./link-hub.ts";
import type { VentilatorLinkStats } from "./link-stats.ts";
import {
  defaultProducerLimits,
  type ProducerCoreOptions,
  type ProducerLimits,
  type ProducerPort,
} from "./port.ts";
import { Telling } from "./telling.ts";
import { VentilatorLink } from "./ventilator-link.ts";

export class ProducerCore implements SubmitPort {
  readonly #links: readonly VentilatorLink[];
  readonly #byChannel: ReadonlyMap<string, VentilatorLink>;
  readonly #limits: ProducerLimits;
  readonly #meter: KeptBytes = { bytes: 0 };
  readonly #failover: Failover;
  readonly #telling: Telling;
  readonly #port: ProducerPort;
  /** By link: what the submitter may know. */
  readonly #inReach: boolean[];

  constructor(options: ProducerCoreOptions) {
    const { now, timing, name, port } = options;
    this.#limits = { ...defaultProducerLimits, ...options.limits };
    const shared = { now, timing, name, port, limits: this.#limits, meter: this.#meter, hub: this.#hub() };
    this.#links = options.ventilators.map(
      (address, index) => new VentilatorLink({ index, address, ...shared }),
    );
    this.#byChannel = new Map(this.#links.map((link) => [link.address.channel, link]));
    this.#failover = new Failover({ links: this.#links, port, refusalMs: this.#limits.refusalMs });
    this.#telling = new Telling({ links: this.#links, port, failover: this.#failover });
    this.#port = port;
    this.#inReach = this.#links.map((link) => link.isInReach());
  }

  /** Bytes of payload that are kept until their tasks are settled. */
  get keptBytes(): number {
    return this.#meter.bytes;
  }

  /** Tasks so far that were given to another ventilator, because theirs was gone or refused them. */
  get handedOn(): number {
    return this.#failover.tasks;
  }

  /** Tasks that were accepted once, and are with no ventilator that has accepted them. */
  get adrift(): number {
    return this.#links.reduce((tasks, { book }) => tasks + book.adrift, 0);
  }

  /** A sink-bound task outlives its call, and its caller may write to its buffers again. */
  submit(batch: SubmitBatch, owner: number): void {
    const isKept = batch.reply === "sink" && batch.values.attachments !== undefined;
    const kept = isKept ? { ...batch, values: withOwnAttachments(batch.values) } : batch;
    this.#links[owner]?.submit(kept);
    const isNearLimit = this.#meter.bytes * 2 > this.#limits.keptBytesMax;
    if (isNearLimit) for (const link of this.#links) link.offerCredit();
  }

  /** Whoever has a task is asked; of what nobody has here, whoever it was handed to first. */
  cancel(ids: IdRuns): void {
    const asked = new Map<VentilatorLink, IdRunsBuilder>();
    forEachRun(ids, (run) => {
      let isElsewhere = false;
      for (const link of this.#links) {
        if (link === this.#firstOf(run)) continue;
        link.book.forEachKept(run, (first, count) => {
          isElsewhere = true;
          addTo(asked, link, { ...run, first, count });
        });
      }
      const first = this.#firstOf(run);
      if (first !== undefined && (!isElsewhere || first.book.keeps(run.origin))) addTo(asked, first, run);
    });
    for (const [link, builder] of asked) link.cancel(builder.take());
  }

  /** Said from inside an answer, to the ventilator that gave it. */
  answered(ids: IdRuns): void {
    if (this.#telling.answering !== undefined) return this.#telling.answering.answered(ids);
    forEachRun(ids, (run) => {
      const builder = new IdRunsBuilder();
      builder.addRun(run.origin, run.first, run.count);
      this.#firstOf(run)?.answered(builder.take());
    });
  }

  isInReach(owner: number): boolean {
    return this.#links[owner]?.isInReach() === true;
  }

  /** Asks one ventilator, by its place; `reply` is called once. */
  ask(owner: number, question: { readonly method: string; readonly params: unknown }, reply: Replying): void {
    const link = this.#links[owner];
    if (link?.isOpen === true) return link.asking.ask(question, reply);
    const message = `the ventilator at ${link?.address.endpoint} is not in reach`;
    reply({ ok: false, code: "TQ_ERR_UNREACHABLE", message });
  }

  receive(now: number, from: { readonly channel: string }, message: Message): void {
    this.#byChannel.get(from.channel)?.receive(now, message);
  }

  /**
   * Bytes that were no message. The session goes on: what was lost with them is numbered, and comes again.
   */
  violation(_now: number, from: { readonly channel: string }, reason: string): void {
    this.#byChannel.get(from.channel)?.violation(reason);
  }

  opened(now: number, channel: string): void {
    this.#byChannel.get(channel)?.connected(now);
  }

  flush(now: number): void {
    this.#failover.flush(now);
    for (const link of this.#links) link.flush(now);
    this.#tellReach();
  }

  wake(now: number, lateMs: number): void {
    for (const link of this.#links) link.wake(now, lateMs);
  }

  wakeAt(): number {
    return Math.min(...this.#links.map((link) => link.wakeAt()));
  }

  /**
   * Last words. Call `flush` before, and nothing after. Whoever says goodbye for an origin says that nothing of it will come to
   * a sink any more: not to a ventilator of whose origin another one still has tasks.
   */
  close(reason: string): void {
    for (const link of this.#links) {
      link.asking.ended();
      const { sink } = link.address.origins;
      if (!this.#links.some((other) => other !== link && other.book.keeps(sink))) link.close(reason);
    }
  }

  stats(): readonly VentilatorLinkStats[] {
    return this.#links.map((link) => link.stats());
  }

  /** What waits for one that is gone must not wait for news from another one: that may have none. */
  #tellReach(): void {
    let hasChanged = false;
    for (const link of this.#links) {
      const isInReach = link.isInReach();
      hasChanged ||= this.#inReach[link.index] !== isInReach;
      this.#inReach[link.index] = isInReach;
    }
    if (hasChanged) this.#port.events.reachChanged?.();
  }

  #hub(): LinkHub<VentilatorLink> {
    const keptBytesLeft = (): number => this.#limits.keptBytesMax - this.#meter.bytes;
    return {
      told: (now, link, message) => this.#telling.told(now, link, message),
      owns: (ids) => this.#telling.owns(ids),
      ended: (ids, endpoint) => this.#telling.ended(ids, endpoint),
      absent: (link, error) => this.#failover.absent(link, error),
      present: () => this.#failover.present(),
      isSpared: (link) => this.#failover.isSpared(link),
      get keptBytesLeft() {
        return keptBytesLeft();
      },
    };
  }

  /** Whom tasks of this origin are handed to at first. */
  #firstOf({ origin }: PlacedRun): VentilatorLink | undefined {
    const isFirst = ({ address: { origins } }: VentilatorLink): boolean =>
      origins.sink === origin || origins.answer === origin;
    return this.#links.find(isFirst) ?? this.#links.find(({ book }) => book.has(origin));
  }
}

function addTo(
  asked: Map<VentilatorLink, IdRunsBuilder>,
  link: VentilatorLink,
  run: Pick<PlacedRun, "origin" | "first" | "count">,
): void {
  const builder = asked.get(link) ?? new IdRunsBuilder();
  builder.addRun(run.origin, run.first, run.count);
  asked.set(link, builder);
}
