/**
 * What can be asked with REQUEST, and what the answers are: the parameters and answers of each method, as plain data.
 *
 * Spans and not instants are told: two clocks are never compared.
 */
import type { RemoteError, TaskPolicy } from "../contract/index.ts";

/** What dead letters a method is about: one, or all that match. */
export interface DeadLetterChoice {
  /** This one; nothing else is said then. */
  readonly taskId?: string | undefined;
  readonly task?: string | undefined;
  readonly outcome?: "failed" | "dead" | undefined;
  /** Go on behind this place: `next` of the answer before. */
  readonly after?: number | undefined;
  /** Not beyond this place: `upTo` of the answer before, so that what fails meanwhile is not chosen again. */
  readonly upTo?: number | undefined;
}

export interface DeadLetterListing extends Omit<DeadLetterChoice, "taskId"> {
  /** How many at most. */
  readonly limit?: number | undefined;
}

/** A dead letter in a list. */
export interface DeadLetterLine {
  readonly taskId: string;
  readonly traceId: string;
  readonly task: string;
  readonly outcome: "failed" | "dead";
  /** The last one, without stack and cause. Absent where none is known. */
  readonly error?: RemoteError | undefined;
  readonly attempt: number;
  readonly failures: number;
  readonly crashes: number;
  readonly acceptedAgoMs: number;
  readonly endedAgoMs: number;
  /** Name of whoever submitted it. */
  readonly submitter: string;
  readonly inputBytes: number;
}

/** All of it. */
export interface WholeDeadLetter extends DeadLetterLine {
  readonly contract?: string | undefined;
  readonly policy?: TaskPolicy | undefined;
  readonly options: DeadLetterOptions;
  /** The latest last. */
  readonly errors: readonly {
    readonly attempt: number;
    readonly worker: string;
    readonly agoMs: number;
    readonly error: RemoteError;
  }[];
  /** As it was submitted: encoded. */
  readonly input: Uint8Array;
  /** Large binaries of it. */
  readonly attachments: readonly Uint8Array[];
}

/** What was asked for at the submission; absent: its default. */
export interface DeadLetterOptions {
  /** Higher runs earlier. */
  readonly priority?: number | undefined;
  /** It was not to be started before so many milliseconds had passed. A retry does not wait for it again. */
  readonly delayMs?: number | undefined;
  /** Nor after so many. In a retry they count anew. */
  readonly expiresMs?: number | undefined;
  /** How long one attempt may run, in milliseconds. */
  readonly attemptTimeoutMs?: number | undefined;
  /** W3C `traceparent` of the caller. */
  readonly traceparent?: string | undefined;
  /** What it was known by besides its id. */
  readonly idempotencyKey?: string | undefined;
  /** How long after its end, in milliseconds. */
  readonly keepForMs?: number | undefined;
}

/** Where to go on; absent: that was all. */
interface Paged {
  readonly next?: number | undefined;
}

export interface Questions {
  "dead.list": {
    readonly params: DeadLetterListing;
    readonly answer: Paged & {
      readonly letters: readonly DeadLetterLine[];
      /** All that are kept, whether they match or not. */
      readonly kept: number;
      /** Let go of for want of room, since the start. */
      readonly dropped: number;
    };
  };
  "dead.show": { readonly params: { readonly taskId: string }; readonly answer: WholeDeadLetter };
  "dead.retry": {
    readonly params: DeadLetterChoice;
    readonly answer: Paged & {
      readonly upTo: number;
      /** Old and new id of each. */
      readonly retried: readonly (readonly [string, string])[];
      /** Why the others of this page were not accepted; they are dead letters still. */
      readonly refused?:
        | { readonly code: string; readonly message: string; readonly count: number }
        | undefined;
    };
  };
  "dead.discard": {
    readonly params: DeadLetterChoice;
    readonly answer: Paged & { readonly upTo: number; readonly discarded: number };
  };
}

export type Method = keyof Questions;

/** How a question is answered: with the answer, or with the reason why there is none. */
export type QuestionReply<M extends Method = Method> =
  | { readonly ok: true; readonly answer: Questions[M]["answer"] }
  | { readonly ok: false; readonly code: string; readonly message: string };
