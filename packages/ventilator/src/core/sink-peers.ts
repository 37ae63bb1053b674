/**
 * The sinks this ventilator was given, its session with each, and which task's result goes where.
 *
 * Assignment is by rendezvous hash over the sinks' stable ids, per origin and block of 2¹⁶ seqs: any ventilator that
 * sees the same sinks comes to the same answer, and a sink's duplicate window gets dense ranges. An assignment is kept
 * for as long as its tasks may be offered again: the same sink must see every attempt of a task.
 */

import type { SessionClient } from "@tq/common/protocol";
import type { Origin } from "@tq/common/wire";
import type { OriginNotices } from "./origin-notices.ts";

/** 2¹⁶ seqs share a sink. */
export const blockSeqs = 65_536;

export interface SinkPeer {
  readonly channel: string;
  /** As configured; also the name by which TASKS calls it. */
  readonly endpoint: string;
  readonly client: SessionClient;
  /** Its own stable id, once it has said so. */
  stableId: string | undefined;
  /** Since when it is away, after it has been there. */
  awaySince: number | undefined;
  /** Its share was given to others while it was away. */
  hasMoved: boolean;
  /** Where its PULL is bound, if it has one, as it said it. */
  push: string | undefined;
  readonly notices: OriginNotices;
}

export class SinkAssignment {
  readonly #sinks: readonly SinkPeer[];
  readonly #byOrigin = new Map<Origin, Map<number, SinkPeer>>();
  /** Origins whose tasks all go to one sink. */
  readonly #pinned = new Map<Origin, SinkPeer>();

  constructor(sinks: readonly SinkPeer[]) {
    this.#sinks = sinks;
  }

  /** Where the results of this task go; nothing while no sink has ever been there. */
  of(origin: Origin, seq: number): SinkPeer | undefined {
    const pinned = this.#pinned.get(origin);
    if (pinned !== undefined) return pinned;
    let blocks = this.#byOrigin.get(origin);
    if (blocks === undefined) {
      blocks = new Map();
      this.#byOrigin.set(origin, blocks);
    }
    const block = Math.floor(seq / blockSeqs);
    const known = blocks.get(block);
    if (known !== undefined) return known;
    const chosen = this.#choose(`${origin}/${block}`);
    if (chosen !== undefined) blocks.set(block, chosen);
    return chosen;
  }

  /** Where the results of this task go, if that has been decided. */
  known(origin: Origin, seq: number): SinkPeer | undefined {
    return this.#pinned.get(origin) ?? this.#byOrigin.get(origin)?.get(Math.floor(seq / blockSeqs));
  }

  /** Gives all tasks of an origin to one sink that takes part in the push lane; nothing while none is there. */
  pin(origin: Origin): SinkPeer | undefined {
    const chosen = this.#choose(origin, ({ push }) => push !== undefined);
    if (chosen !== undefined) this.#pinned.set(origin, chosen);
    return chosen;
  }

  /** How many tasks from `seq` on surely share its sink. */
  seqsLeftInBlock(seq: number): number {
    return blockSeqs - (seq % blockSeqs);
  }

  /** Gives up a sink: what was assigned to it is assigned anew when it is next asked for. Returns how many blocks. */
  forgetSink(sink: SinkPeer): number {
    let forgotten = 0;
    for (const blocks of this.#byOrigin.values()) {
      for (const [block, assigned] of blocks) {
        if (assigned !== sink) continue;
        blocks.delete(block);
        forgotten += 1;
      }
    }
    return forgotten;
  }

  forgetOrigin(origin: Origin): void {
    this.#byOrigin.delete(origin);
    this.#pinned.delete(origin);
  }

  #choose(key: string, fits: (sink: SinkPeer) => boolean = () => true): SinkPeer | undefined {
    let best: SinkPeer | undefined;
    let bestWeight = -1;
    for (const sink of this.#sinks) {
      if (sink.stableId === undefined || sink.client.session === undefined || !fits(sink)) continue;
      const weight = hash32(`${key}@${sink.stableId}`);
      if (weight > bestWeight) {
        best = sink;
        bestWeight = weight;
      }
    }
    return best;
  }
}

/** FNV-1a with a finaliser: FNV alone barely mixes the last characters into the high bits that decide. */
const hash32 = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
