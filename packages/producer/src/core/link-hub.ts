/** What a link to one ventilator tells whoever knows all of them, and asks there. */
import type { TqError } from "@tq/common";
import type { Accepted, Answer, Duplicate, IdRuns, Rejected, Settled } from "@tq/common/wire";

/** What a ventilator tells of tasks. */
export type Told = Accepted | Duplicate | Rejected | Settled | Answer;

export interface LinkHub<Link> {
  told(now: number, link: Link, message: Told): void;
  /** Whether all of these were submitted by this producer. Whom to is another question: they may have been handed on. */
  owns(ids: IdRuns): boolean;
  /** Over, and nobody knows any more how. */
  ended(ids: IdRuns, endpoint: string): void;
  /** Nobody has answered for too long, or somebody has refused. */
  absent(link: Link, error: TqError): void;
  /** A ventilator is there. */
  present(): void;
  /** Others take what this one refuses for the time being. */
  isSpared(link: Link): boolean;
  /** How many bytes more may be kept. */
  readonly keptBytesLeft: number;
}
