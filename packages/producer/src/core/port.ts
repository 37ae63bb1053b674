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
  readonly port: ProducerPort;
}

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
