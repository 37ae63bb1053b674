/**
 * Gives a ventilator's tasks to others, with the same ids and for the same sinks, when it is gone or takes none; and says when
 * there is nobody left to give them to.
 *
 * Which one takes a batch is decided by rendezvous hash, so that what one had is spread over all the others. If the first
 * one comes back it goes on with what it has, and the sinks drop what comes a second time: asking first would need an
 * agreement among those of whom one is gone.
 */
import type { TqError } from "@tq/common";
import { countIds, IdRunsBuilder, rendezvous } from "@tq/common/protocol";
import type { IdRuns } from "@tq/common/wire";
import { mention } from "./events.ts";
import { keyedParts } from "./keyed-parts.ts";
import type { ProducerPort } from "./port.ts";
import { runOf } from "./slice-batch.ts";
import type { Moving } from "./task-book.ts";
import type { VentilatorLink } from "./ventilator-link.ts";

export interface FailoverParts {
  readonly links: readonly VentilatorLink[];
  readonly port: ProducerPort;
  readonly refusalMs: number;
}

export class Failover {
  /** Tasks that were handed on so far. */
  tasks = 0;
  readonly #parts: FailoverParts;
  /** Those that are out of reach or have refused, and what the submitter would be told. */
  readonly #absent = new Map<VentilatorLink, TqError>();
  #now = Number.NEGATIVE_INFINITY;

  constructor(parts: FailoverParts) {
    this.#parts = parts;
  }

  flush(now: number): void {
    this.#now = now;
    for (const link of this.#parts.links) {
      if (link.isGone(now) && link.book.isMovable) this.#handOnAll(link);
    }
  }

  /** Others take what this one refuses for the time being. */
  isSpared(link: VentilatorLink): boolean {
    return link.refusesUntil > this.#now && this.#othersThan(link).length > 0;
  }

  /**
   * A ventilator has refused these for a reason of its own. Gives back those that are refused for good: nobody else is there,
   * and nobody has accepted them or may have.
   */
  refused(now: number, link: VentilatorLink, ids: IdRuns): IdRuns {
    this.#now = now;
    link.refusesUntil = now + this.#parts.refusalMs;
    const others = this.#othersThan(link);
    const moving = link.takeMovable(ids);
    if (others.length > 0) {
      this.#handOn(link, moving, others);
      return none;
    }
    const final = new IdRunsBuilder();
    for (const each of moving) {
      if (each.isPromised || each.isDoubtful) link.adopt(each);
      else final.addAll(each.batch.ids);
    }
    return final.take();
  }

  /**
   * Nobody has answered for too long, or somebody has refused. While another one is there it has the tasks; only when none is,
   * whoever waits is told. Pushed tasks are not handed on: they are counted by ventilator.
   */
  absent(link: VentilatorLink, error: TqError): void {
    this.#absent.set(link, error);
    const { links, port } = this.#parts;
    if (links.every((each) => this.#absent.has(each))) {
      for (const [each, reason] of this.#absent) port.events.unreachable(each.index, reason);
      return;
    }
    const pushed = link.book.pushed();
    const message = `contact was lost before it was accepted; it may have run: ${error.message}`;
    if (pushed.runs.length > 0) port.events.rejected(pushed, "TQ_ERR_UNKNOWN_OUTCOME", message);
  }

  present(): void {
    for (const link of this.#absent.keys()) if (link.isOpen) this.#absent.delete(link);
  }

  #othersThan(link: VentilatorLink): readonly VentilatorLink[] {
    return this.#parts.links.filter(
      (other) => other !== link && other.isOpen && other.refusesUntil <= this.#now,
    );
  }

  #handOnAll(link: VentilatorLink): void {
    const others = this.#othersThan(link);
    if (others.length === 0) return;
    const moving = link.takeMovable().map((each) => ({ ...each, isDoubtful: each.batch.reply === "sink" }));
    this.#handOn(link, moving, others);
    const cancelled = link.book.takeCancelled();
    if (cancelled.runs.length === 0) return;
    const message = `the ventilator at ${link.address.endpoint} is gone; what has become of the task is not known`;
    this.#parts.port.events.rejected(cancelled, "TQ_ERR_UNKNOWN_OUTCOME", message);
  }

  #handOn(from: VentilatorLink, moving: readonly Moving[], others: readonly VentilatorLink[]): void {
    const names = others.map(({ address }) => address.channel);
    const endpoints = others.map(({ address }) => address.endpoint);
    const to = new Set<string>();
    const ids = new IdRunsBuilder();
    for (const { moving: each, endpoint } of moving.flatMap((whole) => keyedParts(whole, endpoints))) {
      const { origin, first } = runOf(each.batch);
      const name = rendezvous(`${origin}/${first}`, names);
      const link = others.find(({ address: { channel, endpoint: own } }) =>
        endpoint === undefined ? channel === name : own === endpoint,
      );
      if (link === undefined) continue;
      link.adopt({ ...each, batch: { ...each.batch, handedOn: true } });
      to.add(link.address.endpoint);
      ids.addAll(each.batch.ids);
    }
    const handedOn = ids.take();
    if (handedOn.runs.length === 0) return;
    this.tasks += countIds(handedOn);
    const { endpoint } = from.address;
    this.#parts.port.report({ type: "tasks.handed-on", endpoint, to: [...to], ...mention(handedOn) });
  }
}

const none: IdRuns = { origins: [], runs: [] };
