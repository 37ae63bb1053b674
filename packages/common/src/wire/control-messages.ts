/** The messages by which a ventilator steers its workers, and what these say of the push lane. */
import type { InSession, Numbered } from "./session-messages.ts";

/** Worker to ventilator, push lane: counts since this worker's process read the first PUSH of this start of the ventilator. */
export interface Tally extends InSession {
  readonly verb: "TALLY";
  /** Flat triples: place in the definitions of HELLO, tasks read from the pipe, tasks whose outcome is in the sink's pipe. */
  readonly counts: readonly number[];
  /** Tasks of definitions that this worker has not; their outcome is `failed`. */
  readonly strays: number;
  /** It wants to close its PULL: send nothing more until DETACH has been said. */
  readonly leaving: boolean;
}

/** Ventilator to worker, push lane: nothing is on its way to this worker's PULL, and nothing will be. It answers `leaving`. */
export interface Detach extends Numbered {
  readonly verb: "DETACH";
}

/** Ventilator to worker: finish what runs, start nothing but what this ventilator sends from RESERVED to RELEASE. */
export interface Reserve extends Numbered {
  readonly verb: "RESERVE";
  /** From 1, growing. The last one counts. */
  readonly reservation: number;
}

/** Worker to ventilator: nothing else runs, and nothing else will be started. */
export interface Reserved extends Numbered {
  readonly verb: "RESERVED";
  readonly reservation: number;
}

/** Ventilator to worker: the reservation is over. */
export interface Release extends Numbered {
  readonly verb: "RELEASE";
  readonly reservation: number;
}

/** What a ventilator can ask of its workers. */
export type ControlCommand = "pause" | "resume" | "drain";

/** Ventilator to worker: do this. */
export interface Control extends Numbered {
  readonly verb: "CONTROL";
  /** From 1, growing over the ventilator's life; CONTROLLED repeats it. */
  readonly control: number;
  readonly command: ControlCommand;
  /** Name of the tasks it is about. Absent: all of this ventilator's. */
  readonly task?: string | undefined;
}

/** Worker to ventilator: done; for `drain`, begun. */
export interface Controlled extends Numbered {
  readonly verb: "CONTROLLED";
  readonly control: number;
}
