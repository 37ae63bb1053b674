/** What a producer's core is given, and the one port through which its effects leave. */
import type { SubmitEvents, SubmitOrigins, Timing } from "@tq/common/protocol";
import type { BootId, Message } from "@tq/common/wire";
import type { ProducerEvent } from "./events.ts";

export interface ProducerCoreOptions {
  /** Monotonic milliseconds, as everywhere. */
  readonly now: number;
  readonly timing: Timing;
  readonly name: string;
  /** One owner of tasks each, in the order of the submitter's owners. */
  readonly ventilators: readonly VentilatorAddress[];
  readonly limits?: Partial<ProducerLimits> | undefined;
  readonly port: ProducerPort;
}

export interface ProducerLimits {
  /**
   * Payloads of sink-bound tasks that are kept until they are settled, so that they can be submitted again, in bytes, over all
   * ventilators; the last one may pass it. Raised: memory.
   */
  readonly keptBytesMax: number;
  /** After how long ventilators give a lost sink's share to others. */
  readonly sinkGraceMs: number;
  /** A ventilator that refuses tasks which others take is given none for so long. */
  readonly refusalMs: number;
}

export const defaultProducerLimits: ProducerLimits = {
  keptBytesMax: 256 * 1024 * 1024,
  sinkGraceMs: 30_000,
  refusalMs: 1_000,
};

export interface VentilatorAddress {
  /** Connected by the shell. */
  readonly channel: string;
  /** How it is called in events and errors. */
  readonly endpoint: string;
  readonly origins: SubmitOrigins;
}

export interface ProducerPort {
  send(channel: string, message: Message): void;
  /** Whom accepted, settled and answered tasks are told to. */
  readonly events: SubmitEvents;
  report(event: ProducerEvent): void;
  drawBootId(): BootId;
}
