/** What a worker's core is given, and the one port through which its effects leave. */
import type { TqError } from "@tq/common";
import type { Timing } from "@tq/common/protocol";
import type { BootId, DefinitionInfo, Message, Origin } from "@tq/common/wire";
import type { WorkerEvent } from "./events.ts";
import type { WorkerLimits } from "./limits.ts";
import type { RunTicket } from "./runs.ts";

export interface WorkerCoreOptions {
  /** Monotonic milliseconds, as everywhere. */
  readonly now: number;
  readonly timing: Timing;
  readonly name: string;
  readonly tags?: readonly string[] | undefined;
  /** What the worker can run; messages name a definition by its place here. */
  readonly definitions: readonly DefinitionInfo[];
  /** Handlers that run at once. */
  readonly slots: number;
  /** Channels of the ventilators, which the shell connects. */
  readonly ventilators: readonly string[];
  readonly limits?: Partial<WorkerLimits> | undefined;
  /** False: what ventilators push is left to other workers. Default true. */
  readonly takesPushed?: boolean | undefined;
}

export interface WorkerPort {
  send(channel: string, message: Message): void;
  /** A sink was learned of: connect this channel, `sink:<id>`. */
  connect(channel: string, endpoint: string): void;
  /** A ventilator pushes: connect this reading channel, `push:ventilator:<place>`. */
  connectPull(channel: string, to: { readonly endpoint: string; readonly ventilator: number }): void;
  /**
   * A sink takes pushed outcomes: connect this writing channel, `push:sink:<id>`. `via`: where it is reached otherwise, which
   * says what a wildcard host in `endpoint` means.
   */
  connectPush(channel: string, to: { readonly endpoint: string; readonly via: string }): void;
  /** Whether a writing channel takes a message now. If not, `flush` is called when it does. */
  isWritable(channel: string): boolean;
  /** Reads nothing from this channel, until `resume`. */
  pause(channel: string): void;
  resume(channel: string): void;
  disconnect(channel: string): void;
  /** Abort the signal of a running handler. Nothing may come back into the core from inside this call. */
  abort(aborted: AbortedAttempt): void;
  report(event: WorkerEvent): void;
  drawBootId(): BootId;
}

export interface AbortedAttempt extends RunTicket {
  readonly reason: TqError;
}

/** What `take` fills in: an attempt whose handler is to be called now. */
export interface StartedAttempt {
  slot: number;
  run: number;
  /** Of the push lane: nobody holds a lease of it. */
  isPushed: boolean;
  definition: number;
  /** Place of the ventilator. */
  ventilator: number;
  epoch: number;
  origin: Origin;
  seq: number;
  attempt: number;
  timeoutMs: number;
  traceparent: string | undefined;
  /** The input, encoded: `slab` from `from` to `to`, and what is attached to it. */
  slab: Uint8Array;
  from: number;
  to: number;
  attachments: readonly Uint8Array[] | undefined;
}

export const createStartedAttempt = (): StartedAttempt => ({
  slot: 0,
  run: 0,
  isPushed: false,
  definition: 0,
  ventilator: 0,
  epoch: 0,
  origin: "",
  seq: 0,
  attempt: 0,
  timeoutMs: 0,
  traceparent: undefined,
  slab: new Uint8Array(0),
  from: 0,
  to: 0,
  attachments: undefined,
});
