/** A place in the world that a process fills, again and again: it dies, and another is started there. */
import type { OutcomeStatus } from "@tq/common";
import type { IdRuns, Origin } from "@tq/common/wire";
import type { JournalContents } from "../../../packages/ventilator/src/core/journal/journal-port.ts";
import type { Configuration } from "./configuration.ts";
import type { History, Owner } from "./history.ts";
import type { SimulatedProcess } from "./process.ts";
import type { RandomStreams } from "./random-streams.ts";
import type { Speaker, Surroundings } from "./surroundings.ts";
import type { Submission, Workload } from "./workload.ts";

export interface Role {
  /** `v0`, `s1`, `w2`, `p0`. */
  readonly name: string;
  /** The process that fills it now, or did last. */
  readonly process: SimulatedProcess;
  start(): void;
  crash(): void;
}

/** Who hands tasks over. */
export interface Submitting extends Owner {
  /** Tasks that were never handed over. */
  readonly waiting: number;
  submit(submission: Submission): void;
}

/** What roles need of their world. */
export interface RoleSurroundings extends Surroundings {
  readonly streams: RandomStreams;
  readonly configuration: Configuration;
  readonly workload: Workload;
  readonly history: History;
  /** All that there ever were. */
  readonly submitters: Submitting[];
  /** Stores that were lost as a whole. */
  lostStores: number;
  /** Tasks, by ventilators that have died. */
  movedInDoubt: number;
  /** Eight bytes that nobody else has. */
  readonly draw64: () => string;
  /** Sessions count up from here, and no other start uses them. */
  firstSession(): number;
  reported(process: Speaker, event: { readonly type: string }): void;
  /** A store has it for good. */
  committed(store: string, of: CommittedTask): void;
  /** A ventilator was started over a journal with this in it. */
  replayed(process: Speaker, contents: JournalContents): void;
  /** A submitter was told that these are accepted. */
  accepted(ventilator: number, ids: IdRuns): void;
  startLater(role: Role, afterMs: number): void;
  /** A disk failed under it: it ends without a word, and is started anew. */
  failStop(role: Role): void;
}

export interface CommittedTask {
  readonly origin: Origin;
  readonly seq: number;
  readonly outcome: OutcomeStatus;
}
