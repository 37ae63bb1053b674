/**
 * Every message of TQP/1 as the cores see it: one tagged union, decoded and checked.
 *
 * This file says what is said; `grammar.ts` says how each field looks on the wire, and `docs/protocol.md` says what a
 * peer must do with it. A change here is a change to all three and to the vectors.
 *
 * Spans are milliseconds unless the name ends in another unit. No instant is ever sent: two clocks are never compared.
 */
import type { Control, Controlled, Detach, Release, Reserve, Reserved, Tally } from "./control-messages.ts";
import type { Outcomes, Push } from "./pipe-messages.ts";
import type { Duplicate, Reclaim, Reclaimed, Request, Response, Sinks } from "./producer-messages.ts";
import type {
  Bye,
  Grant,
  Heart,
  Heartbeat,
  Hello,
  Progress,
  Refused,
  Resync,
  Welcome,
} from "./session-messages.ts";
import type {
  Accepted,
  Answer,
  Answered,
  Cancel,
  Closed,
  Committed,
  Done,
  Failed,
  LowMark,
  Missing,
  Propose,
  Recall,
  Rejected,
  Results,
  Return,
  Sent,
  Settled,
  Submit,
  Tasks,
} from "./task-messages.ts";

export type * from "./control-messages.ts";
export type * from "./message-structures.ts";
export type * from "./pipe-messages.ts";
export type * from "./producer-messages.ts";
export type * from "./session-messages.ts";
export type * from "./task-messages.ts";

export type PipeMessage = Push | Outcomes;

export type UnnumberedMessage = Heartbeat | Grant | Bye | Progress | Tally;

export type NumberedMessage =
  | Submit
  | Accepted
  | Rejected
  | Settled
  | Answer
  | Answered
  | Cancel
  | Tasks
  | Return
  | Recall
  | Failed
  | Results
  | Committed
  | Done
  | Propose
  | LowMark
  | Closed
  | Sent
  | Missing
  | Detach
  | Reserve
  | Reserved
  | Release
  | Control
  | Controlled
  | Duplicate
  | Reclaim
  | Reclaimed
  | Sinks
  | Request
  | Response;

export type SessionMessage = UnnumberedMessage | NumberedMessage;

export type Message = Hello | Welcome | Refused | Resync | Heart | PipeMessage | SessionMessage;

export type Verb = Message["verb"];

type WithoutEnvelope<M> = M extends unknown ? Omit<M, "session" | "number" | "received"> : never;

/** A numbered message as a core writes it: the session adds its id, the number and what it has received. */
export type NumberedContent = WithoutEnvelope<NumberedMessage>;
/** The same for those that are not numbered. */
export type UnnumberedContent = WithoutEnvelope<UnnumberedMessage>;
