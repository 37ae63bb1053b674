/** What a simulated process needs of the world around it, and what the world is shown. */
import type { From, VirtualClock } from "@tq/common/transport";
import type { IdRuns, Message } from "@tq/common/wire";
import type { JournalContents } from "../../../packages/ventilator/src/core/journal/journal-port.ts";
import type { Network } from "./network/network.ts";
import type { Trace } from "./trace.ts";

/** Whoever says or hears something, as far as observers need to know it. */
export interface Speaker {
  /** The role and its place: `v0`, `w2`. The same over its starts. */
  readonly name: string;
  /** Of this start alone. */
  readonly number: number;
  /** When it last stood still, and until when. */
  readonly stuckSince: number;
  readonly lastStuckAt: number;
}

export interface Spoken {
  readonly process: Speaker;
  /** The channel, as the process calls it. */
  readonly from: From;
  readonly message: Message;
}

export interface Observer {
  /** A core has said this; it may never arrive. Before it leaves. */
  said?(spoken: Spoken): void;
  /** This has arrived at a core. Before the core hears it. */
  heard?(spoken: Spoken): void;
  /** The core has heard it. */
  handled?(spoken: Spoken): void;
  /** A ventilator begins with this from its journal. */
  replayed?(process: Speaker, contents: JournalContents): void;
  /** A submitter in the process of the ventilator at this place, or elsewhere, is told that it has accepted these. */
  accepted?(ventilator: number, ids: IdRuns): void;
  /** A core has reported this. */
  reported?(process: Speaker, event: { readonly type: string }): void;
}

export interface Surroundings {
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly trace: Trace;
  readonly observers: readonly Observer[];
  /** What cores threw. */
  readonly bugs: unknown[];
  /** How often a core was woken. */
  wakes: number;
  /** How many processes have been started. */
  processes: number;
}
