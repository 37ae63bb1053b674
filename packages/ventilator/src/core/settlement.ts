/**
 * What an outcome means: who is told, and who must confirm before a task is forgotten.
 *
 * Sink-bound tasks: the sink's first commit is the outcome. A completion reaches it from the worker; whatever else ends a
 * task is proposed to it here, and stands only if the sink says so. Answered tasks: the caller is the sink; the outcome is
 * told to it, and the task settled when it has it.
 */
import type { OutcomeStatus, UnsuccessfulOutcome } from "@tq/common";
import { IdRunsBuilder, idRun, SparseBuilder } from "@tq/common/protocol";
import { encodeValues, type NumberedContent, type Values, ValuesEncoder } from "@tq/common/wire";
import type { AttemptErrors } from "./attempt-errors.ts";
import type { VentilatorEvent } from "./events.ts";
import { afterSync } from "./journal/after-sync.ts";
import type { JournalWriter } from "./journal/journal-writer.ts";
import { isOpen, type Proposal, Proposals } from "./proposals.ts";
import type { SinkAssignment, SinkPeer } from "./sink-peers.ts";
import { type TaskBatch, taskState } from "./task-batch.ts";
import type { TaskEnds } from "./task-ends.ts";
import type { TaskEvents } from "./task-events.ts";
import { referenceTo, traceparentOf } from "./task-reference.ts";
import type { TaskTable } from "./task-table.ts";

/** Proposals of one message: small on purpose, errors may be long. */
const proposalsPerMessage = 256;

export interface SettlementParts {
  readonly errors: AttemptErrors;
  readonly table: TaskTable;
  readonly assignment: SinkAssignment;
  readonly journal: JournalWriter | undefined;
  readonly taskEvents: TaskEvents;
  readonly ends: TaskEnds;
  readonly report: (event: VentilatorEvent) => void;
}

export class Settlement {
  readonly #parts: SettlementParts;
  /** Those of which it is not decided where they go. */
  #unassigned: Proposal[] = [];
  readonly #bySink = new Map<SinkPeer, Proposals>();

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  /** The task has this outcome unless the sink knows better. */
  propose(batch: TaskBatch, index: number, outcome: UnsuccessfulOutcome): void {
    batch.state[index] = taskState.settling;
    const trouble = batch.troubleOf(index);
    trouble.proposed = outcome.status;
    this.#parts.report({
      type: "task.settling",
      ...referenceTo(batch, index),
      outcome: outcome.status,
      error: "error" in outcome ? outcome.error : undefined,
    });
    if (batch.reply !== "answer") {
      afterSync(this.#parts.journal, batch, () => this.#unassigned.push({ batch, index, outcome }));
      return;
    }
    const attempts = { at: [0], values: [batch.attempt[index] ?? 0] };
    const ids = idRun(batch.origin, batch.first + index, 1);
    batch.owner.events.answer({ outcome: outcome.status, ids, attempts, values: oneValue(outcome) });
  }

  /** An earlier start has proposed this: it does so again. */
  proposeAgain(batch: TaskBatch, index: number, outcome: UnsuccessfulOutcome): void {
    batch.state[index] = taskState.settling;
    batch.troubleOf(index).proposed = outcome.status;
    this.#unassigned.push({ batch, index, outcome });
  }

  /** These tasks of a batch are final. Those that already were are left out. */
  settle(batch: TaskBatch, range: { from: number; to: number }, outcome: OutcomeStatus): void {
    this.#parts.taskEvents.settled(batch, range, outcome);
    const { state } = batch;
    const isRemembered = this.#parts.ends.concerns(batch, outcome);
    let bytes = 0;
    let count = 0;
    let runFrom = -1;
    for (let index = range.from; index <= range.to; index++) {
      const settles = index < range.to && state[index] !== taskState.settled;
      if (settles) {
        state[index] = taskState.settled;
        bytes += batch.bytesOf(index, index + 1);
        count += 1;
        if (isRemembered) this.#parts.ends.ended(batch, index, outcome);
        this.#forgetTrouble(batch, index);
        if (runFrom < 0) runFrom = index;
      } else if (runFrom >= 0) {
        const run = { origin: batch.origin, first: batch.first + runFrom, count: index - runFrom };
        if (batch.reply !== "answer") batch.owner.settled(outcome, run);
        runFrom = -1;
      }
    }
    if (count === 0) return;
    batch.owner.unsettled -= count;
    this.#parts.table.settled(batch, count, bytes);
    if (batch.unsettled === 0) this.#parts.journal?.settled(batch);
    else this.#parts.journal?.changed(batch);
  }

  /** A sink's session is over: what it has not confirmed is proposed again, to whichever sink it then belongs to. */
  sinkLost(sink: SinkPeer): void {
    for (const proposal of this.#bySink.get(sink)?.takeAll() ?? []) this.#unassigned.push(proposal);
  }

  /** The sink has confirmed something: what needs no repeating any more is let go. */
  sinkConfirmed(sink: SinkPeer): void {
    this.#bySink.get(sink)?.confirmed();
  }

  /** Proposes what was gathered, as far as the sinks have room. */
  flush(now: number): void {
    this.#assign();
    for (const [sink, proposals] of this.#bySink) {
      const { session } = sink.client;
      while (session?.hasRoom === true) {
        const content = proposeContent(proposals.take(proposalsPerMessage));
        if (content === undefined) break;
        session.send(now, content);
      }
    }
  }

  #forgetTrouble(batch: TaskBatch, index: number): void {
    const trouble = batch.trouble(index);
    if (trouble === undefined) return;
    this.#parts.errors.forget(trouble);
    batch.forgetTrouble(index);
  }

  #assign(): void {
    const unassigned = this.#unassigned;
    if (unassigned.length === 0) return;
    this.#unassigned = [];
    for (const [at, proposal] of unassigned.entries()) {
      if (!isOpen(proposal)) continue;
      const sink = this.#parts.assignment.of(proposal.batch);
      if (sink === undefined) {
        // No sink is there at all: the others need not ask.
        this.#unassigned = at === 0 ? unassigned : unassigned.slice(at);
        return;
      }
      this.#proposalsTo(sink).add(proposal);
    }
  }

  #proposalsTo(sink: SinkPeer): Proposals {
    const known = this.#bySink.get(sink);
    if (known !== undefined) return known;
    const proposals = new Proposals();
    this.#bySink.set(sink, proposals);
    return proposals;
  }
}

const payloadOf = (outcome: UnsuccessfulOutcome): unknown => ("error" in outcome ? outcome.error : null);

const oneValue = (outcome: UnsuccessfulOutcome): Values => encodeValues([payloadOf(outcome)]);

const proposeContent = (proposals: readonly Proposal[]): NumberedContent | undefined => {
  const first = proposals[0];
  if (first === undefined) return undefined;
  const ids = new IdRunsBuilder();
  const attempts = new SparseBuilder<number>();
  const traceparents = new SparseBuilder<string>();
  const values = new ValuesEncoder();
  for (const [position, { batch, index, outcome }] of proposals.entries()) {
    ids.add(batch.origin, batch.first + index);
    attempts.add(position, batch.attempt[index] ?? 0);
    const traceparent = traceparentOf(batch, index);
    if (traceparent !== undefined) traceparents.add(position, traceparent);
    values.add(payloadOf(outcome));
  }
  const { name, contract } = first.batch.queue;
  return {
    verb: "PROPOSE",
    definition: { name, contract },
    outcome: first.outcome.status,
    ids: ids.take(),
    attempts: attempts.take(),
    traceparent: traceparents.take(),
    values: values.take(),
  };
};
