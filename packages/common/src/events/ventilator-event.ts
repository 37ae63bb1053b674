/**
 * What the ventilator says of itself, in its log and to subscribers: what happens to peers, and what goes wrong with tasks.
 * One verb per transition, the same words as in the protocol's tables. Nothing here happens to a task on its ordinary way:
 * that is in `task-event.ts`.
 */
import type { OutcomeStatus, RemoteError } from "../contract/index.ts";
import type { ControlCommand, Origin } from "../wire/index.ts";

/** Names one attempt of one task. */
export interface TaskReference {
  readonly task: string;
  readonly taskId: string;
  readonly traceId: string;
  readonly attempt: number;
}

/** What a ventilator notices about its peers and tasks. Each is a line of its log, too. */
export type VentilatorEvent =
  | {
      readonly type: "worker.joined";
      readonly worker: string;
      readonly tasks: readonly string[];
      readonly slots: number;
      readonly adopted: number;
    }
  | {
      readonly type: "worker.left";
      readonly worker: string;
      readonly returned: number;
      /** Of these, tasks that crossed its goodbye on their way: it never had them. */
      readonly unreceived: number;
    }
  | {
      readonly type: "worker.gone";
      readonly worker: string;
      readonly leases: number;
      readonly suspects: number;
    }
  | { readonly type: "worker.blocked"; readonly worker: string; readonly stuckMs: number }
  | { readonly type: "worker.unblocked"; readonly worker: string }
  | { readonly type: "producer.joined"; readonly producer: string }
  | { readonly type: "producer.left"; readonly producer: string }
  | { readonly type: "producer.gone"; readonly producer: string; readonly cancelled: number }
  | { readonly type: "sink.joined"; readonly sink: string; readonly endpoint: string }
  | { readonly type: "sink.lost"; readonly sink: string; readonly endpoint: string }
  | { readonly type: "sink.unreachable"; readonly endpoint: string }
  | {
      readonly type: "sink.refused";
      readonly endpoint: string;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly type: "sink.moved";
      readonly endpoint: string;
      readonly tasks: number;
      readonly inDoubt: number;
    }
  /**
   * These may be committed at two sinks: at `sink` (absent: it is not known which one that would be), and at the one that
   * they were given to now. `ids`: their ranges; many of them come in several events, and beyond 10,000 at a time in none.
   */
  | {
      readonly type: "tasks.in-doubt";
      readonly tasks: number;
      readonly ids: readonly {
        readonly origin: string;
        readonly first: number;
        readonly last: number;
        readonly sink: string | undefined;
      }[];
    }
  | { readonly type: "peer.refused"; readonly peer: string; readonly code: string; readonly message: string }
  | {
      readonly type: "peer.violation";
      readonly channel: string;
      readonly count: number;
      readonly reason: string;
    }
  | {
      readonly type: "tasks.unroutable";
      readonly task: string;
      readonly contract: string | undefined;
      readonly waiting: number;
      readonly present: readonly string[];
    }
  /** All workers that run them are paused for them. */
  | {
      readonly type: "tasks.paused";
      readonly task: string;
      readonly contract: string | undefined;
      readonly waiting: number;
      readonly workers: number;
    }
  /** A command to workers, and how many were there to get it. */
  | {
      readonly type: "control.given";
      readonly command: ControlCommand;
      /** Absent: of all tasks. */
      readonly task: string | undefined;
      readonly tags: readonly string[];
      readonly workers: number;
    }
  | { readonly type: "tasks.routable"; readonly task: string; readonly waiting: number }
  /** The sink has counted pushed tasks of an origin: of the seqs up to `through`, `missing` never came. */
  | {
      readonly type: "push.missing";
      readonly task: string;
      readonly origin: Origin;
      readonly through: number;
      readonly missing: number;
      /** How many more than it said before; less than 0 if some came late. */
      readonly change: number;
    }
  /** The sink of these pushed tasks was started anew and has forgotten what came: nobody can say which of them did. */
  | {
      readonly type: "push.in-doubt";
      readonly task: string;
      readonly origin: Origin;
      readonly from: number;
      readonly through: number;
      readonly tasks: number;
    }
  /** Pushed tasks wait, to be sent or for a word of their sink, because that sink was started without the push lane. */
  | {
      readonly type: "push.held";
      readonly task: string;
      readonly contract: string | undefined;
      /** Of the sink that they go to. Absent: they have none yet, and none that is there would do. */
      readonly endpoint: string | undefined;
      readonly tasks: number;
    }
  /** No room for what is to be accepted: it is refused until there is some. */
  | { readonly type: "journal.full" }
  | { readonly type: "journal.writable" }
  /** The last event: what the journal's disk holds is not known, so the ventilator has stopped. */
  | { readonly type: "journal.failed"; readonly code: string; readonly message: string }
  /** There was no room for more dead letters: so many of the oldest are gone since the start. Told at powers of two. */
  | { readonly type: "dead-letters.dropped"; readonly dropped: number; readonly kept: number }
  | { readonly type: "leases.lost"; readonly worker: string; readonly leases: number }
  | ({
      readonly type: "task.retrying";
      readonly failures: number;
      readonly afterMs: number;
      readonly error: RemoteError;
      readonly worker: string;
    } & TaskReference)
  | ({ readonly type: "task.crashed"; readonly crashes: number; readonly worker: string } & TaskReference)
  | ({
      readonly type: "task.settling";
      readonly outcome: Exclude<OutcomeStatus, "completed">;
      readonly error: RemoteError | undefined;
    } & TaskReference);
