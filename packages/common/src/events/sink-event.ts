/** What a sink says of itself, in its log and to subscribers. Nothing here happens per task on the ordinary way. */
import type { TqErrorCode } from "../contract/index.ts";
import type { EndReason } from "../protocol/index.ts";
import type { Origin, Role, SessionId } from "../wire/index.ts";

export interface TaskRef {
  readonly taskId: string;
  readonly traceId: string;
}

/** What a sink's core reports. */
export type SinkCoreEvent =
  | { readonly type: "worker.joined"; readonly session: SessionId; readonly worker: string }
  | { readonly type: "ventilator.joined"; readonly session: SessionId; readonly ventilator: string }
  | {
      readonly type: "worker.left";
      readonly session: SessionId;
      readonly worker: string;
      readonly reason: EndReason;
    }
  | {
      readonly type: "ventilator.left";
      readonly session: SessionId;
      readonly ventilator: string;
      readonly reason: EndReason;
    }
  | {
      readonly type: "peer.refused";
      readonly peer: string;
      readonly role: Role;
      readonly code: string;
      readonly message: string;
    }
  /** A peer broke the rules: told the first time, then at each power of two. */
  | {
      readonly type: "peer.violation";
      /** Absent where the bytes were no message. */
      readonly peer: string | undefined;
      readonly reason: string;
      /** Violations so far, by anybody. */
      readonly count: number;
    }
  /** No loop reads these results, so their workers will stop: told after a while, then after 1, 2, 4, … minutes. */
  | {
      readonly type: "sink.unread";
      readonly task: string;
      readonly contract: string | undefined;
      readonly waiting: number;
      readonly waitingBytes: number;
      readonly unreadMs: number;
    }
  /** Pushed tasks were sent and their outcomes never came; `missing` of this origin so far, `change` of them just now. */
  | {
      readonly type: "push.missing";
      /** Empty if nothing of it ever came. */
      readonly task: string;
      readonly origin: Origin;
      /** Up to this seq it is final. */
      readonly through: number;
      readonly missing: number;
      readonly change: number;
    }
  /** Outcomes came that had been said to be missing. */
  | {
      readonly type: "push.late";
      readonly task: string;
      readonly origin: Origin;
      readonly count: number;
    }
  /** The store has no room. Nothing is committed meanwhile, and no credit given back. */
  | {
      readonly type: "store.full";
      /** Results that have to be written. */
      readonly waiting: number;
    }
  /** The store has room again, and what waited is written. */
  | { readonly type: "store.writable"; readonly fullMs: number }
  /** The sink closes while results are not committed. Their workers keep them. */
  | {
      readonly type: "results.left";
      readonly count: number;
      /** The first of them. */
      readonly tasks: readonly TaskRef[];
    };

/** What a sink notices. Each is a line of its log, too. */
export type SinkEvent =
  | SinkCoreEvent
  /** Results have expired in the store that a consumer had not read: told at once, then at most once a minute. */
  | {
      readonly type: "results.expired";
      readonly consumer: string;
      /** Empty: all that the consumer has no loop over a definition for. */
      readonly task: string;
      /** So far. */
      readonly count: number;
    }
  /** The store cannot be written or synced any more: the sink closes. */
  | { readonly type: "store.failed"; readonly code: TqErrorCode; readonly message: string }
  /** An output has no value at this side: told the first time, then at each power of two. */
  | {
      readonly type: "output.lost";
      readonly taskId: string;
      readonly traceId: string;
      readonly task: string;
      readonly code: TqErrorCode;
      readonly message: string;
      /** Lost outputs so far. */
      readonly count: number;
    };
