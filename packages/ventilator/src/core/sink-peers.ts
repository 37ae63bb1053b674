/**
 * The sinks this ventilator was given, its session with each, and which task's result goes where.
 *
 * Assignment is by rendezvous hash over the sinks' ids, per origin and block of 2¹⁶ seqs: every ventilator that sees the
 * same sinks comes to the same answer, and a sink's duplicate window gets dense ranges. It is kept with the batch, for as
 * long as its tasks may be offered again: the same sink must see every attempt of a task.
 */
import { rendezvous, type SessionClient, sinkKeyOf } from "@tq/common/protocol";
import type { Origin } from "@tq/common/wire";
import type { JournalWriter } from "./journal/journal-writer.ts";
import type { OriginNotices } from "./origin-notices.ts";
import type { SinkDoubts } from "./sink-doubts.ts";
import type { TaskBatch } from "./task-batch.ts";

export interface SinkPeer {
  readonly channel: string;
  /** As configured; also the name by which TASKS calls it. */
  readonly endpoint: string;
  readonly client: SessionClient;
  /** Its own stable id, once it has said so. */
  stableId: string | undefined;
  /** Which start of it was met last. */
  bootId: string | undefined;
  /** Since when it is away, after it has been there. */
  awaySince: number | undefined;
  /** Its share was given to others while it was away. */
  hasMoved: boolean;
  /** Where its PULL is bound, if it has one, as it said it. */
  push: string | undefined;
  readonly notices: OriginNotices;
}

export interface SinkAssignmentParts {
  readonly doubts: SinkDoubts;
  readonly journal: JournalWriter | undefined;
  /** Batches have a sink that had to wait for it. */
  readonly decided: () => void;
}

export class SinkAssignment {
  readonly #sinks: ReadonlyMap<string, SinkPeer>;
  readonly #parts: SinkAssignmentParts;
  /** Accepted batches whose sink is not safe in the journal yet: after a restart it might be another one. */
  readonly #unsafe = new Set<TaskBatch>();

  constructor(sinks: readonly SinkPeer[], parts: SinkAssignmentParts) {
    this.#sinks = new Map(sinks.map((sink) => [sink.endpoint, sink]));
    this.#parts = parts;
  }

  /**
   * Where the results of this batch go, decided now if need be; nothing while no sink is there to choose, or while the choice
   * is being written. Of a batch that was elsewhere before, a sink that is not known here may have results, or, where it does not
   * say which one it was for there, any of several.
   */
  of(batch: TaskBatch): SinkPeer | undefined {
    const { sink } = batch;
    const known = this.known(batch);
    if (this.#unsafe.has(batch)) return undefined;
    if (known !== undefined && !known.hasMoved) return known;
    const chosen = this.assign(batch);
    if (chosen === undefined) return known;
    const mayBeElsewhere = sink !== undefined || this.#sinks.size > 1;
    if (batch.mayHaveRun && mayBeElsewhere) this.#parts.doubts.addUnsettled(batch, sink);
    return this.#unsafe.has(batch) ? undefined : chosen;
  }

  /** Gives a batch to one of the sinks that are there, whichever it had before; nothing while none is. */
  assign(batch: TaskBatch): SinkPeer | undefined {
    const chosen = this.#choose(sinkKeyOf(batch.origin, batch.first));
    if (chosen === undefined) return undefined;
    batch.sink = chosen.endpoint;
    if (batch.journalNumber > 0) this.#write(batch);
    return chosen;
  }

  /** Where the results of this batch go, if that has been decided. */
  known({ sink }: TaskBatch): SinkPeer | undefined {
    return sink === undefined ? undefined : this.#sinks.get(sink);
  }

  /** The sink for all tasks of a pushed origin, one that takes part in the push lane; nothing while none is there. */
  ofPushed(origin: Origin): SinkPeer | undefined {
    return this.#choose(origin, ({ push }) => push !== undefined);
  }

  #write(batch: TaskBatch): void {
    let isDeferred = false;
    this.#unsafe.add(batch);
    this.#parts.journal?.afterSync(batch, () => {
      this.#unsafe.delete(batch);
      if (isDeferred) this.#parts.decided();
    });
    isDeferred = true;
  }

  #choose(key: string, fits: (sink: SinkPeer) => boolean = () => true): SinkPeer | undefined {
    const here: string[] = [];
    for (const sink of this.#sinks.values()) {
      if (sink.client.session !== undefined && fits(sink)) here.push(sink.endpoint);
    }
    const chosen = rendezvous(key, here);
    return chosen === undefined ? undefined : this.#sinks.get(chosen);
  }
}
