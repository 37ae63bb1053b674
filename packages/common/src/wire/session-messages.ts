/** The messages that make, keep and end a session, and what all messages in one have. */
import type {
  BootId,
  DefinitionInfo,
  FullSink,
  Grants,
  HeldAttempts,
  IdRuns,
  Role,
  SessionId,
  SinkAddress,
  Values,
} from "./message-structures.ts";

export interface Hello {
  readonly verb: "HELLO";
  readonly version: number;
  readonly role: Role;
  /** What the sender takes the other side for. Whoever is something else refuses it: a worker says the same to two roles. */
  readonly to?: Role | undefined;
  readonly bootId: BootId;
  /** Shown to people: host and pid, or what the user called it. */
  readonly name: string;
  /** The session to resume after a cut; absent at a first connection. */
  readonly session?: SessionId | undefined;
  /** Highest number received in order in that session. */
  readonly received: number;
  /** Worker: what it can run. Others: empty. */
  readonly definitions: readonly DefinitionInfo[];
  /** Worker: tasks it runs at once. */
  readonly slots: number;
  readonly tags: readonly string[];
  /** Worker: what it still holds of this ventilator; for a fresh session. */
  readonly held?: HeldAttempts | undefined;
  /** Where the sender can be reached itself, by who should go there: `workers`, `producers`. */
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
}

export interface Welcome {
  readonly verb: "WELCOME";
  readonly version: number;
  readonly session: SessionId;
  readonly resumed: boolean;
  /** Highest number received in order in the resumed session; 0 in a fresh one. */
  readonly received: number;
  /** The binding side's own boot id and name. */
  readonly bootId: BootId;
  readonly name: string;
  readonly epoch: number;
  readonly heartbeatMs: number;
  /** How many heartbeat intervals a peer may stay silent. */
  readonly liveness: number;
  /** Ventilator to worker: where results go. */
  readonly sinks: readonly SinkAddress[];
  /** Ventilator to worker: which held attempts are leases again. The worker drops the others. */
  readonly adopted?: IdRuns | undefined;
  /** Sink to ventilator: its stable id. */
  readonly sinkId?: string | undefined;
  /** Where the binding side has its end of the push lane: a ventilator's PUSH, a sink's PULL. */
  readonly push?: string | undefined;
}

export interface Refused {
  readonly verb: "REFUSED";
  /** A stable error code, `TQ_ERR_…`. */
  readonly code: string;
  readonly message: string;
  /** The endpoint that would be right, where the refusing side knows it. */
  readonly endpoint?: string | undefined;
}

/** "I do not know this session": say HELLO again. */
export interface Resync {
  readonly verb: "RESYNC";
  readonly bootId: BootId;
}

/** Every message in a session. */
export interface InSession {
  readonly session: SessionId;
  /** Highest number received in order from the other side. */
  readonly received: number;
}

export interface Heartbeat extends InSession {
  readonly verb: "HEARTBEAT";
  /** Highest number the sender has given out itself. */
  readonly sent: number;
  readonly grants?: Grants | undefined;
  readonly held?: HeldAttempts | undefined;
  /** Worker to ventilator: how many of the held attempts have not settled, queued or running. The others wait for their commit. */
  readonly unfinished?: number | undefined;
  /** Worker to ventilator: as in GRANT. */
  readonly full?: readonly FullSink[] | undefined;
}

export interface Grant extends InSession {
  readonly verb: "GRANT";
  readonly grants: Grants;
  /** Worker to ventilator: all sinks that it takes no tasks for at present. Absent: as it was said last, at first none. */
  readonly full?: readonly FullSink[] | undefined;
}

export interface Bye extends InSession {
  readonly verb: "BYE";
  readonly reason: string;
}

/** From a worker's heart, over its own connection. */
export interface Heart {
  readonly verb: "HEART";
  readonly session: SessionId;
  readonly bootId: BootId;
  /** How long the main loop has not turned. */
  readonly stuckMs: number;
  /** Attempts whose handler has been called and has not settled. */
  readonly started: HeldAttempts;
}

/** A handler's `ctx.progress`. Lossy by design: a lost one is overtaken by the next. */
export interface Progress extends InSession {
  readonly verb: "PROGRESS";
  readonly ids: IdRuns;
  readonly values: Values;
}

/** Delivered once and in order while the session lives. */
export interface Numbered extends InSession {
  /** From 1, per direction, without gaps. */
  readonly number: number;
}
