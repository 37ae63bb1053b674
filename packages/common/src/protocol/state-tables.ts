/**
 * The states of what a peer keeps, and what leads from one to the next: the rules in one place, without the code.
 *
 * The diagrams and tables of `docs/protocol.md` are made from this. A rule that changes is changed here, in the code of the role
 * and in the vectors together.
 */

export interface Transition {
  /** One state, or several that do the same; `start` is where it comes from nothing. */
  readonly from: string | readonly string[];
  /** What happens. */
  readonly on: string;
  readonly to: string;
  /** What is done about it. */
  readonly does: string;
}

export interface StateTable {
  readonly title: string;
  readonly doc: string;
  readonly states: Readonly<Record<string, string>>;
  /** Where nothing follows. */
  readonly final: readonly string[];
  readonly transitions: readonly Transition[];
}

/** The state before the first. */
export const start = "start";

const sessionClient: StateTable = {
  title: "Session, connecting side",
  doc: "One for each peer that it connects to.",
  states: {
    connecting: "no session, or one that may have been cut",
    open: "in a session that both sides know",
    refused: "the other side will not have this peer",
    closed: "ended by this side",
  },
  final: ["refused", "closed"],
  transitions: [
    { from: start, on: "start", to: "connecting", does: "HELLO" },
    {
      from: "connecting",
      on: "no answer",
      to: "connecting",
      does: "HELLO again, after a wait that doubles up to the heartbeat interval",
    },
    {
      from: "connecting",
      on: "WELCOME, resumed",
      to: "open",
      does: "sends again from the first number not acknowledged; HEARTBEAT",
    },
    {
      from: "connecting",
      on: "WELCOME, fresh",
      to: "open",
      does: "forgets the old session; says again in the new one what is still owed",
    },
    {
      from: ["connecting", "open"],
      on: "REFUSED, boot id in use",
      to: "connecting",
      does: "draws a new boot id; HELLO",
    },
    { from: ["connecting", "open"], on: "REFUSED, anything else", to: "refused", does: "reports it" },
    {
      from: "open",
      on: "silence of heartbeat × liveness, or RESYNC",
      to: "connecting",
      does: "HELLO with the session",
    },
    { from: "open", on: "BYE", to: "connecting", does: "forgets the session; HELLO without one" },
    { from: ["connecting", "open"], on: "close", to: "closed", does: "BYE, if in a session" },
  ],
};

const sessionServer: StateTable = {
  title: "Session, binding side",
  doc: "One for each boot id. Before the first HELLO nothing is kept: whatever else comes is answered with RESYNC.",
  states: {
    welcomed: "WELCOME was sent, and may be lost",
    open: "the peer has said something in it",
    ended: "forgotten; what names it is answered with RESYNC",
  },
  final: ["ended"],
  transitions: [
    {
      from: start,
      on: "HELLO of a boot id without a session",
      to: "welcomed",
      does: "draws a session; WELCOME, fresh",
    },
    {
      from: "welcomed",
      on: "HELLO again, same connection",
      to: "welcomed",
      does: "WELCOME again, and all that was said since",
    },
    { from: "welcomed", on: "a message in the session", to: "open", does: "handles it" },
    {
      from: "welcomed",
      on: "HELLO without it, another connection",
      to: "ended",
      does: "WELCOME to a fresh session",
    },
    {
      from: ["welcomed", "open"],
      on: "HELLO with the session",
      to: "open",
      does: "moves it to this connection; WELCOME, resumed; sends again from the first number not acknowledged; HEARTBEAT",
    },
    { from: "open", on: "HELLO without it, another connection", to: "open", does: "REFUSED, boot id in use" },
    {
      from: ["welcomed", "open"],
      on: "silence of heartbeat × liveness, BYE, or a violation",
      to: "ended",
      does: "takes back what the peer held",
    },
  ],
};

const task: StateTable = {
  title: "Task, at the ventilator",
  doc: "Final is only what the sink has committed, or for an answered task what the caller has been told and has acknowledged.",
  states: {
    scheduled: "waits for its time, or for the end of a backoff",
    ready: "waits for a worker",
    leased: "at a worker, under an attempt number",
    settling: "has an outcome that is proposed and not confirmed",
    settled: "completed, failed, cancelled, expired or dead, and told to the producer",
  },
  final: ["settled"],
  transitions: [
    { from: start, on: "accepted, not before a later time", to: "scheduled", does: "ACCEPTED" },
    { from: start, on: "accepted", to: "ready", does: "ACCEPTED" },
    { from: "scheduled", on: "due", to: "ready", does: "" },
    {
      from: "ready",
      on: "credit of a worker with the same name and contract",
      to: "leased",
      does: "attempt + 1; TASKS",
    },
    {
      from: ["scheduled", "ready"],
      on: "HELLO holds its last attempt",
      to: "leased",
      does: "WELCOME adopts it",
    },
    { from: "leased", on: "RETURN, or not held in a HEARTBEAT", to: "ready", does: "counts nothing" },
    { from: "leased", on: "session ended by BYE", to: "ready", does: "counts nothing" },
    {
      from: "leased",
      on: "worker gone",
      to: "ready",
      does: "suspect: runs at a reserved worker next; a crash if it ran alone at one already",
    },
    { from: "leased", on: "crash limit reached", to: "settling", does: "PROPOSE dead" },
    { from: "leased", on: "FAILED, tries left", to: "scheduled", does: "failure + 1; backoff" },
    { from: "leased", on: "FAILED, final or none left", to: "settling", does: "PROPOSE failed" },
    {
      from: ["scheduled", "ready", "leased"],
      on: "cancel",
      to: "settling",
      does: "PROPOSE cancelled; CANCEL to the worker that has it",
    },
    { from: ["scheduled", "ready"], on: "its expiry has passed", to: "settling", does: "PROPOSE expired" },
    {
      from: ["scheduled", "ready", "leased", "settling"],
      on: "DONE or COMMITTED",
      to: "settled",
      does: "adopts the outcome that stands; SETTLED",
    },
  ],
};

const attempt: StateTable = {
  title: "Attempt, at the worker",
  doc: "An answered task's results go to the ventilator in the sink's place. All but `gone` are held.",
  states: {
    queued: "waits for a slot",
    running: "its handler was called and has not settled",
    computed: "has an output that was not sent",
    offered: "its output was sent and is not committed",
    gone: "nothing is kept",
  },
  final: ["gone"],
  transitions: [
    { from: start, on: "TASKS", to: "queued", does: "" },
    { from: "queued", on: "free slot", to: "running", does: "calls the handler" },
    { from: "queued", on: "RECALL, RESERVE, pause, or drain", to: "gone", does: "RETURN" },
    { from: "queued", on: "CANCEL, or not adopted", to: "gone", does: "" },
    { from: "running", on: "the handler completes", to: "computed", does: "" },
    { from: "running", on: "the handler fails, or its time is up", to: "gone", does: "FAILED" },
    { from: "running", on: "CANCEL, or not adopted", to: "gone", does: "aborts; drops what it comes to" },
    { from: "computed", on: "credit of the sink", to: "offered", does: "RESULTS" },
    { from: "offered", on: "fresh session with the sink", to: "computed", does: "" },
    {
      from: "offered",
      on: "COMMITTED",
      to: "gone",
      does: "DONE to the ventilator, with that outcome; nothing if it was answered",
    },
    { from: ["computed", "offered"], on: "CANCEL", to: "gone", does: "" },
  ],
};

const sinkId: StateTable = {
  title: "Task id, at the sink",
  doc: "The first outcome that commits is final, whoever offers it.",
  states: {
    unknown: "never offered",
    pending: "offered, not yet committed",
    committed: "has an outcome that stands",
    forgotten: "below a low mark, or of a closed origin",
  },
  final: [],
  transitions: [
    { from: start, on: "never heard of", to: "unknown", does: "" },
    {
      from: "unknown",
      on: "RESULTS or PROPOSE",
      to: "pending",
      does: "commits it, when its consumer or store allows",
    },
    { from: "pending", on: "offered again", to: "pending", does: "remembers whom to tell" },
    { from: "pending", on: "committed", to: "committed", does: "COMMITTED to all who offered it" },
    {
      from: "committed",
      on: "offered again",
      to: "committed",
      does: "COMMITTED with the outcome that stands; counts a duplicate",
    },
    { from: ["unknown", "committed"], on: "LOWMARK beyond it, or CLOSED", to: "forgotten", does: "" },
    { from: "forgotten", on: "offered again", to: "forgotten", does: "COMMITTED, completed" },
  ],
};

const reservation: StateTable = {
  title: "Reservation, at the worker",
  doc: "One for each ventilator that asks. They stand in a line; only the first is ever `reserved`.",
  states: {
    waiting: "others are before it, or handlers still run",
    reserved: "nothing else runs; only what its ventilator sends is taken",
    over: "nothing is kept",
  },
  final: ["over"],
  transitions: [
    { from: start, on: "RESERVE", to: "waiting", does: "RETURNs what has not started, of all ventilators" },
    { from: "waiting", on: "first in line, and no handler runs", to: "reserved", does: "RESERVED" },
    {
      from: ["waiting", "reserved"],
      on: "RESERVE again",
      to: "waiting",
      does: "goes to the end of the line",
    },
    {
      from: ["waiting", "reserved"],
      on: "RELEASE of its number",
      to: "over",
      does: "the next in line has its turn; if there is none, grants all",
    },
    {
      from: ["waiting", "reserved"],
      on: "BYE, a fresh session, silence of heartbeat × liveness after a cut, or drain",
      to: "over",
      does: "the same",
    },
  ],
};

export const stateTables = {
  sessionClient,
  sessionServer,
  task,
  attempt,
  reservation,
  sinkId,
} as const satisfies Record<string, StateTable>;
