import type { TqError, UnsuccessfulOutcome } from "../contract/index.ts";
import type { Origin } from "../wire/index.ts";
import type { Lane, Wanting } from "./batch.ts";
import type { Handed } from "./call-errors.ts";

/**
 * Who waits for tasks: one call of `submit`, `run`, `map`, … One object per call, not per task; a slot is the call's own
 * number for one of its tasks. Exactly one of the last five is called per task that was handed over, unless the call
 * has let go of it.
 */
export interface Consumer extends Wanting {
  /** Where its tasks gather. */
  readonly lane: Lane<Consumer>;
  /** Told of large inputs, and of outputs before they come: so many bytes each. */
  sized?(bytes: number): void;
  handedOver(slot: number, origin: Origin, seq: number): void;
  /** Sink-bound: the owner keeps it. */
  accepted(slot: number): void;
  /** With an idempotency key: not kept, because this one was before. */
  duplicate?(slot: number, first: Handed): void;
  /** Answered: its output, decoded and not yet parsed. */
  completed(slot: number, output: unknown, attempt: number): void;
  unsuccessful(slot: number, outcome: UnsuccessfulOutcome, attempt: number): void;
  /** It was not taken, or nobody can say what became of it. */
  refused(slot: number, error: TqError): void;
}

/** A call that reads an iterable, and so lives on while none of its tasks is under way. */
export interface Source {
  /** Reads on, as far as there is room. Called at the end of a turn, outside of everything else. */
  pump(): void;
  /** Nothing more can be submitted. What is under way may still end. */
  halt(error: TqError): void;
}
