/** How a source stands at one moment: the first that a subscriber gets from it, and what all later events build on. */
import type { OutcomeStatus } from "../contract/index.ts";

/** Peers of one kind that a snapshot lists at most. Raised: size of a snapshot. */
export const snapshotPeersMax = 4_096;

/** How a ventilator stands: its peers, what waits for whom, and its totals. */
export interface VentilatorState {
  readonly role: "ventilator";
  readonly workers: readonly {
    readonly worker: string;
    readonly tasks: readonly string[];
    readonly slots: number;
    readonly tags: readonly string[];
    readonly leases: number;
    /** `blocked`: its process lives, its event loop stands still. `apart`: it runs only suspects, or waits for them. */
    readonly state: "open" | "blocked" | "apart";
  }[];
  readonly producers: readonly { readonly producer: string; readonly isConnected: boolean }[];
  readonly sinks: readonly {
    readonly endpoint: string;
    /** Its stable id, once it has been there. */
    readonly sink: string | undefined;
    readonly isConnected: boolean;
  }[];
  readonly definitions: readonly {
    readonly task: string;
    readonly contract: string | undefined;
    /** Workers that run it. */
    readonly workers: number;
    /** Tasks without a final state: ready, leased, suspect, and those that wait for their time, a sink or a commit. */
    readonly unsettled: number;
    readonly ready: number;
    readonly leased: number;
    readonly suspects: number;
  }[];
  /** What is paused, as commands in their order: of those that match a worker and a task the last one counts. */
  readonly pauses: readonly {
    readonly command: "pause" | "resume";
    /** Absent: all tasks. */
    readonly task?: string | undefined;
    readonly tags: readonly string[];
  }[];
  /** How many there are of each, also beyond those that are listed. */
  readonly totals: {
    readonly workers: number;
    readonly producers: number;
    readonly sinks: number;
    readonly unsettled: number;
    readonly unsettledBytes: number;
    readonly ready: number;
    readonly leased: number;
    readonly suspects: number;
  };
}

/** How a sink stands: its peers, what waits for its loops, and its totals. */
export interface SinkState {
  readonly role: "sink";
  readonly peers: readonly {
    readonly role: "worker" | "ventilator";
    readonly peer: string;
    readonly session: number;
  }[];
  readonly definitions: readonly {
    readonly task: string;
    readonly contract: string | undefined;
    readonly workers: number;
    /** Results that are here and not committed. */
    readonly waiting: number;
    readonly waitingBytes: number;
    readonly isRead: boolean;
  }[];
  readonly totals: {
    readonly workers: number;
    readonly ventilators: number;
    readonly committed: Readonly<Record<OutcomeStatus, number>>;
    readonly duplicates: number;
  };
}

/** How a source of events stands; told apart by `role`. */
export type SourceState = VentilatorState | SinkState;

/** Only the totals. */
export function withoutLists(state: SourceState): SourceState {
  return state.role === "ventilator"
    ? { ...state, workers: [], producers: [], sinks: [], definitions: [], pauses: [] }
    : { ...state, peers: [], definitions: [] };
}
