/** What a producer knows of one of its ventilators. */
import type { BookCounts } from "./task-book.ts";

/** `connecting`: there is no session for the time being. */
export type LinkState = "connecting" | "open" | "unreachable" | "refused";

/** How one ventilator is connected, and numbers of tasks that are with it. */
export interface VentilatorLinkStats extends BookCounts {
  readonly endpoint: string;
  /** What it calls itself, once it was heard. */
  readonly name: string | undefined;
  readonly state: LinkState;
  /** Tasks that may be handed to it now. */
  readonly credit: number;
  /** Handed to it and not accepted, answered tasks aside. */
  readonly unaccepted: number;
  /** Sink-bound, accepted by it and not known to be final. */
  readonly unsettled: number;
  /** Answered tasks without an answer. */
  readonly unanswered: number;
  readonly violations: number;
}
