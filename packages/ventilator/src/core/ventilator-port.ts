/** What the ventilator's core is given, and the one port through which its effects leave. */
import type { TaskRunEvent } from "@tq/common/events";
import type { Timing } from "@tq/common/protocol";
import type { Message, SessionId } from "@tq/common/wire";
import type { VentilatorEvent } from "./events.ts";
import type { JournalContents, JournalPort } from "./journal/journal-port.ts";
import type { VentilatorLimits } from "./limits.ts";

export interface VentilatorPort {
  /** `route`: where the channel is a bound one (`workers`, `producers`); none towards `sink:<n>` and `push`. */
  send(channel: string, route: string | undefined, message: Message): void;
  /** Whether a message can be put into the pipe of a channel; if not, `drained` is called when it can. */
  isWritable(channel: string): boolean;
  report(event: VentilatorEvent): void;
  /** What tasks went through, as far as it is watched; in order with what is reported. */
  reportTasks?(steps: readonly TaskRunEvent[]): void;
  /** [0, 1), for jitter. */
  random(): number;
  drawBootId(): string;
  /** What is accepted is kept there before it is acknowledged. Absent: it is kept in memory. */
  readonly journal?: JournalPort | undefined;
}

export interface VentilatorCoreOptions {
  readonly now: number;
  readonly identity: { readonly bootId: string; readonly name: string; readonly epoch: number };
  readonly firstSession: SessionId;
  readonly timing: Timing;
  readonly limits?: Partial<VentilatorLimits> | undefined;
  /** Endpoints as given; channel `sink:<index>` each. */
  readonly sinks: readonly string[];
  readonly port: VentilatorPort;
  /** What an earlier start has left there. */
  readonly journal?: JournalContents | undefined;
}
