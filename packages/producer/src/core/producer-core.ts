/**
 * The producer without its process: takes what the submitter hands over to the ventilator it is for, and brings back what
 * that one tells. Pure: time is an argument, and effects leave through the port.
 *
 * Each ventilator has origins of its own, because it alone says when an origin's seqs will not be sent again. So a task
 * stays with the ventilator it was handed to, even while that one is away: with another one its id would not be known.
 */
import { forEachRun, IdRunsBuilder, type SubmitBatch, type SubmitPort } from "@tq/common/protocol";
import type { IdRuns, Message } from "@tq/common/wire";
import type { ProducerCoreOptions } from "./port.ts";
import { VentilatorLink, type VentilatorLinkStats } from "./ventilator-link.ts";

export class ProducerCore implements SubmitPort {
  readonly #links: readonly VentilatorLink[];
  readonly #byChannel: ReadonlyMap<string, VentilatorLink>;
  constructor(options: ProducerCoreOptions) {
    const { now, timing, name, port } = options;
    this.#links = options.ventilators.map(
      (address, index) => new VentilatorLink({ index, address, now, timing, name, port }),
    );
    this.#byChannel = new Map(this.#links.map((link) => [link.address.channel, link]));
  }

  submit(batch: SubmitBatch, owner: number): void {
    this.#links[owner]?.submit(batch);
  }

  cancel(ids: IdRuns): void {
    this.#forEachLink(ids, (link, own) => link.cancel(own));
  }

  answered(ids: IdRuns): void {
    this.#forEachLink(ids, (link, own) => link.answered(own));
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
    for (const link of this.#links) link.flush(now);
  }

  wake(now: number, lateMs: number): void {
    for (const link of this.#links) link.wake(now, lateMs);
  }

  wakeAt(): number {
    return Math.min(...this.#links.map((link) => link.wakeAt()));
  }

  /** Last words. Call `flush` before, and nothing after. */
  close(reason: string): void {
    for (const link of this.#links) link.close(reason);
  }

  stats(): readonly VentilatorLinkStats[] {
    return this.#links.map((link) => link.stats());
  }

  #forEachLink(ids: IdRuns, visit: (link: VentilatorLink, own: IdRuns) => void): void {
    const owned = new Map<VentilatorLink, IdRunsBuilder>();
    forEachRun(ids, ({ origin, first, count }) => {
      const link = this.#links.find((candidate) => candidate.has(origin));
      if (link === undefined) return;
      const builder = owned.get(link) ?? new IdRunsBuilder();
      builder.addRun(origin, first, count);
      owned.set(link, builder);
    });
    for (const [link, builder] of owned) visit(link, builder.take());
  }
}
