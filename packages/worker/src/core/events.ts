/** What a worker reports. Its shell logs it, by type; nothing is reported for a task that goes well. */
import type { RemoteError } from "@tq/common";
import type { BootId, SessionId } from "@tq/common/wire";

/** Which attempt an event is about. */
export interface TaskMention {
  readonly taskId: string;
  readonly traceId: string;
  /** The task's name. */
  readonly task: string;
  readonly attempt: number;
}

/** What was held when the worker stopped. */
export interface LeftAttempt extends TaskMention {
  readonly state: "queued" | "running" | "uncommitted";
}

interface FromPeer {
  /** `ventilator:<place>` or `sink:<id>`. */
  readonly channel: string;
}

export type WorkerEvent =
  /** A fresh session. `adopted` of the held attempts go on; `dropped` do not. */
  | (FromPeer & {
      readonly type: "ventilator.joined";
      readonly ventilator: number;
      readonly name: string;
      readonly session: SessionId;
      readonly bootId: BootId;
      readonly epoch: number;
      readonly adopted: number;
      readonly dropped: number;
    })
  | (FromPeer & { readonly type: "sink.joined"; readonly name: string; readonly offeredAgain: number })
  /** The same session over a new connection. */
  | (FromPeer & { readonly type: "ventilator.resumed" | "sink.resumed" })
  /** The session is over; a fresh one is asked for. */
  | (FromPeer & { readonly type: "ventilator.lost"; readonly ventilator: number })
  | (FromPeer & { readonly type: "sink.lost" })
  /** Nobody has answered for a while. Said once per absence; the worker keeps trying. */
  | (FromPeer & { readonly type: "ventilator.unreachable" | "sink.unreachable" })
  /** It wants this worker to leave: to drain, from all of its ventilators, and close. */
  | (FromPeer & { readonly type: "worker.drain-asked" })
  /** Final for this peer. */
  | (FromPeer & {
      readonly type: "ventilator.refused" | "sink.refused";
      readonly code: string;
      readonly message: string;
      readonly endpoint?: string | undefined;
    })
  /** It said what the protocol does not allow; `count` so far. Reported for the first, then for powers of two. */
  | (FromPeer & { readonly type: "peer.violated"; readonly reason: string; readonly count: number })
  /** `unreported`: failures since the last report that were too many to report. */
  | (TaskMention & {
      readonly type: "attempt.failed";
      readonly error: RemoteError;
      readonly final: boolean;
      readonly unreported: number;
    })
  | (TaskMention & {
      readonly type: "attempt.timed-out";
      readonly timeoutMs: number;
      readonly unreported: number;
    })
  /** Pushed tasks that were read and whose outcomes nobody gets, because the worker stops. */
  | {
      readonly type: "push.left";
      readonly waiting: number;
      readonly running: number;
      readonly unsent: number;
    }
  /** Nothing of the pushed tasks' outcomes could leave for this sink for so long; said once. `unsent`: those for all sinks. */
  | {
      readonly type: "push.stuck";
      readonly sink: string;
      readonly waitedMs: number;
      readonly unsent: number;
    }
  /** Pushed tasks were read that this worker has no handler for, and failed; `count` so far. Reported as it doubles. */
  | {
      readonly type: "push.unhandled";
      readonly task: string;
      readonly contract: string | undefined;
      readonly count: number;
    }
  /** Its signal was aborted `abortedMs` ago, and its handler still runs. It has no slot any more. */
  | (TaskMention & { readonly type: "attempt.unheeded"; readonly abortedMs: number });

/** Counts what peers did wrong, and says which of them are worth a line: the first, then powers of two. */
export class Violations {
  #count = 0;
  readonly #report: (event: WorkerEvent) => void;

  constructor(report: (event: WorkerEvent) => void) {
    this.#report = report;
  }

  get count(): number {
    return this.#count;
  }

  add(channel: string, reason: string): void {
    this.#count += 1;
    const isPowerOfTwo = (this.#count & (this.#count - 1)) === 0;
    if (isPowerOfTwo) this.#report({ type: "peer.violated", channel, reason, count: this.#count });
  }
}
