/**
 * The sink: takes results from workers and final failures from ventilators, offers each task's first outcome to a loop,
 * and tells everybody which one stands once the loop has it.
 *
 * It puts its mechanisms together and decides nothing that they decide: who may talk (`peers.ts`), what waits for whom
 * (`inboxes.ts`), what is final (`ledger.ts`). It knows neither values nor schemas: they stay bytes here.
 */
import { formatTaskId, type OutcomeStatus, traceIdOf } from "@tq/common";
import type { SinkState, TaskEventType, TaskRunEvent } from "@tq/common/events";
import { SparseReader, type Timing } from "@tq/common/protocol";
import { bytesOfValues, type Message, type SessionId } from "@tq/common/wire";
import { committedSteps } from "./committed-steps.ts";
import type { WindowSnapshot } from "./duplicate-window.ts";
import type { SinkEvent, TaskRef } from "./events.ts";
import type { Entry, Inbox } from "./inbox.ts";
import type { InboxReader, Reading, Selector } from "./inbox-reader.ts";
import { Inboxes } from "./inboxes.ts";
import { Ledger } from "./ledger.ts";
import { defaultLimits, type SinkLimits, shownTasksMax } from "./limits.ts";
import { Peers, type SinkIdentity } from "./peers.ts";
import { PushIntake, type PushIntakeStats } from "./push-intake.ts";
import { bytesOf, forEachRunOf, keepRows } from "./result-batch.ts";
import { sinkState } from "./sink-state.ts";
import type { StoreChange } from "./store-change.ts";
import type { Commit } from "./store-writes.ts";
import { UnreadWatch } from "./unread-watch.ts";

/** The world, as a sink's core sees it. */
export interface SinkPort {
  /** To the peer behind a route of the one bound channel. May be lost. */
  send(route: string, message: Message): void;
  report(event: SinkEvent): void;
  /** Which tasks have become final, while that is watched. */
  reportTasks?(steps: readonly TaskRunEvent[]): void;
  /** A reader whose `take` found nothing can try again. */
  offered(reader: InboxReader): void;
  /**
   * Makes this final, all or nothing, and answers `persisted` or `storeFull`, at the earliest from inside this call. At most
   * once per turn; numbers grow by one.
   */
  write(number: number, change: StoreChange): void;
  /** Stops reading the push lane's pipe, or goes on. Never called without one. */
  holdPush(isHeld: boolean): void;
  /** Draining has come to its end. Told once. */
  drained(): void;
}

export interface SinkCoreOptions {
  readonly identity: SinkIdentity;
  readonly timing: Timing;
  readonly port: SinkPort;
  readonly limits?: Partial<SinkLimits> | undefined;
  /** What a store remembers of earlier starts. Default: nothing. */
  readonly window?: WindowSnapshot | undefined;
  /** The store keeps results: they are final as soon as it has them, and loops read them there. Default: a loop makes them final. */
  readonly commitsOnArrival?: boolean | undefined;
}

/** What a sink has of one definition: a name with one contract. */
export interface DefinitionStats {
  readonly task: string;
  readonly contract: string | undefined;
  /** Workers that may send results of it. */
  readonly workers: number;
  /** Results that are here and not committed, and the bytes of their values. */
  readonly waiting: number;
  readonly waitingBytes: number;
  /** Of these results, how many came by the push lane: no ventilator waits for their commit. */
  readonly waitingPushed: number;
  /** Whether a loop reads it, or a store takes it anyway. */
  readonly isRead: boolean;
}

export interface SinkCoreStats {
  /** Open sessions. */
  readonly workers: number;
  readonly ventilators: number;
  readonly definitions: readonly DefinitionStats[];
  /** Results that are final, by outcome, since the start. */
  readonly committed: Readonly<Record<OutcomeStatus, number>>;
  /** Offers of tasks that were offered before. */
  readonly duplicates: number;
  /** The push lane. */
  readonly push: PushIntakeStats;
  /** Messages of peers that broke the protocol. */
  readonly violations: number;
  /** Messages that named a session nobody has here: after a cut or a restart. */
  readonly resyncs: number;
}

type State = "active" | "draining" | "drained" | "closed";

export class SinkCore {
  readonly #port: SinkPort;
  readonly #inboxes: Inboxes;
  readonly #ledger: Ledger;
  readonly #peers: Peers;
  readonly #push: PushIntake;
  readonly #unread: UnreadWatch;
  readonly #commitsOnArrival: boolean;
  /** Batches that loops have committed rows of in this turn. */
  #dirty: Reading[] = [];
  #state: State = "active";
  #isWatched = false;

  constructor({ identity, timing, port, limits: some, window, commitsOnArrival = false }: SinkCoreOptions) {
    const limits = { ...defaultLimits, ...some };
    this.#port = port;
    this.#commitsOnArrival = commitsOnArrival;
    this.#inboxes = new Inboxes(limits, (reader) => port.offered(reader));
    this.#ledger = new Ledger({
      closedOriginsMax: limits.closedOriginsMax,
      snapshot: window,
      host: {
        write: (number, change) => port.write(number, change),
        settled: (commit) => this.#settled(commit),
        report: (event) => port.report(event),
        fullRetryMs: limits.storeFullRetryMs,
      },
    });
    this.#unread = new UnreadWatch(limits.unreadAfterMs);
    this.#push = new PushIntake({
      inboxes: this.#inboxes,
      ledger: this.#ledger,
      limits,
      timing,
      add: (now, inbox, batch) =>
        this.#add(now, inbox, { batch, session: undefined, share: undefined, from: 0 }),
      hold: (isHeld) => port.holdPush(isHeld),
      session: (id) => this.#peers.server.find(id),
      report: (event) => port.report(event),
      violated: (reason) => this.#peers.violated(undefined, reason),
    });
    this.#peers = new Peers({
      identity,
      push: this.#push,
      timing,
      inboxes: this.#inboxes,
      ledger: this.#ledger,
      send: (route, message) => port.send(route, message),
      report: (event) => port.report(event),
      offer: (now, inbox, entry) => this.#offer(now, inbox, entry),
    });
  }

  // ---- the turns of the loop ---------------------------------------------------------------------------------------

  /** `route`: of the bound channel; undefined: by the push lane's pipe. */
  receive(now: number, { route }: { readonly route: string | undefined }, message: Message): void {
    if (this.#state === "closed") return;
    if (route === undefined) this.#push.receive(now, message);
    else this.#peers.server.receive(now, route, message);
  }

  /** The push lane's pipe is bound: ventilators are told from now on. */
  servePush(endpoint: string): void {
    this.#peers.pushEndpoint = endpoint;
  }

  violation(_now: number, _from: unknown, reason: string): void {
    this.#peers.violated(undefined, reason);
  }

  flush(now: number): void {
    if (this.#state === "closed") return;
    if (this.#dirty.length > 0) this.#commitDirty();
    this.#ledger.flush(now, this.#peers.server);
    this.#push.flush(now);
    this.#peers.grant();
    this.#peers.server.flush();
    if (this.#state === "draining" && this.#isDrained()) {
      this.#state = "drained";
      this.#port.drained();
    }
  }

  wake(now: number, lateMs: number): void {
    this.#peers.server.wake(now, lateMs);
    const isUnread = (inbox: Inbox): boolean => inbox.waiting > 0 && !this.#inboxes.isRead(inbox);
    this.#unread.wake(now, isUnread, (inbox, unreadMs) => {
      const { name: task, contract, waiting, waitingBytes } = inbox;
      this.#port.report({ type: "sink.unread", task, contract, waiting, waitingBytes, unreadMs });
    });
  }

  wakeAt(): number {
    const { server } = this.#peers;
    return Math.min(
      server.wakeAt(),
      this.#unread.wakeAt(),
      this.#push.wakeAt(),
      this.#ledger.writes.wakeAt(),
    );
  }

  // ---- the store ---------------------------------------------------------------------------------------------------

  /** Every change up to this number is there to stay. */
  persisted(now: number, through: number): void {
    if (this.#state !== "closed") this.#ledger.writes.persisted(now, through);
  }

  /** There was no room: of the changes up to this number that are not persisted, nothing is there. */
  storeFull(now: number, through: number): void {
    if (this.#state !== "closed") this.#ledger.writes.full(now, through);
  }

  // ---- loops -------------------------------------------------------------------------------------------------------

  /**
   * Starts a loop over one definition, or, without a selector, over all that no other loop reads.
   *
   * Errors: `TQ_ERR_RESULTS_IN_USE`.
   */
  openReader(selector?: Selector): InboxReader {
    return this.#inboxes.openReader(selector);
  }

  /** The reader's next batch; the one before must be committed. Nothing there: `port.offered` will tell. */
  take(reader: InboxReader): Reading | undefined {
    return this.#inboxes.take(reader);
  }

  /** Rows below `through` are final from the next flush on. True if that flush has yet to be asked for. */
  commit(reading: Reading, through: number): boolean {
    if (through === reading.committed) return false;
    reading.committed = through;
    if (reading.isDirty) return false;
    reading.isDirty = true;
    this.#dirty.push(reading);
    return true;
  }

  /** Ends a loop. What it took and did not commit is offered to the next one. Harmless twice. */
  closeReader(now: number, reader: InboxReader): void {
    this.#inboxes.closeReader(reader);
    for (const inbox of this.#inboxes.all) this.#watch(now, inbox);
  }

  // ---- the end -----------------------------------------------------------------------------------------------------

  /** Grants no more credit. `port.drained` tells when the loops are through and every peer knows what is final. */
  drain(): void {
    if (this.#state !== "active") return;
    this.#state = "draining";
    this.#peers.isDraining = true;
    this.#push.drain();
  }

  /** Says BYE to everybody, and reports what nobody committed. Flush before it. */
  close(now: number, reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#peers.server.close(now, reason);
    const left = this.#left();
    if (left.count > 0) this.#port.report({ type: "results.left", ...left });
  }

  /** Which steps of tasks are reported from now on; `task.committed` is the only one here. Default: none. */
  watchTasks(types: ReadonlySet<TaskEventType>): void {
    this.#isWatched = types.has("task.committed");
  }

  /** How it stands now. */
  state(): SinkState {
    return sinkState(this.#peers.server.sessions, this.stats());
  }

  stats(): SinkCoreStats {
    const roles = Array.from(this.#peers.server.sessions, ({ hello }) => hello.role);
    return {
      workers: roles.filter((role) => role === "worker").length,
      ventilators: roles.filter((role) => role === "ventilator").length,
      definitions: Array.from(this.#inboxes.all, (inbox) => ({
        task: inbox.name,
        contract: inbox.contract,
        workers: inbox.credit.shareCount,
        waiting: inbox.waiting,
        waitingBytes: inbox.waitingBytes,
        waitingPushed: inbox.waitingPushed,
        isRead: this.#commitsOnArrival || this.#inboxes.isRead(inbox),
      })),
      committed: { ...this.#ledger.committed },
      duplicates: this.#ledger.duplicates,
      push: this.#push.stats(),
      violations: this.#peers.violations,
      resyncs: this.#peers.server.resyncs,
    };
  }

  // ---- inside ------------------------------------------------------------------------------------------------------

  #offer(now: number, inbox: Inbox, entry: Entry & { readonly session: SessionId }): void {
    const { batch, session, share } = entry;
    const kept = this.#ledger.offer(session, batch.ids);
    const isWhole = kept[0] === 0 && kept[1] === batch.count;
    const fresh = isWhole ? batch : keepRows(batch, kept);
    if (share !== undefined && !isWhole) {
      const bytes = bytesOfValues(batch.values) - bytesOfValues(fresh.values);
      inbox.credit.release(share, batch.count - fresh.count, bytes);
    }
    if (fresh.count === 0) return this.#inboxes.tidy(inbox);
    this.#add(now, inbox, { ...entry, batch: fresh });
  }

  #add(now: number, inbox: Inbox, entry: Entry): void {
    if (this.#commitsOnArrival) {
      const { batch } = entry;
      inbox.count(entry);
      this.#ledger.commit({ rows: { batch, from: 0, to: batch.count }, inbox, entry });
      return;
    }
    this.#inboxes.add(inbox, entry);
    this.#watch(now, inbox);
  }

  #commitDirty(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const reading of dirty) {
      const { inbox, entry, batch, flushed: from, committed: to } = reading;
      reading.isDirty = false;
      reading.flushed = to;
      this.#ledger.commit({ rows: { batch, from, to }, inbox, entry });
    }
  }

  #settled({ rows, inbox, entry }: Commit): void {
    if (this.#isWatched) this.#port.reportTasks?.(committedSteps(rows));
    inbox.committed(entry, rows.to - rows.from, bytesOf(rows));
    this.#inboxes.tidy(inbox);
  }

  #watch(now: number, inbox: Inbox): void {
    if (inbox.waiting > 0 && !this.#inboxes.isRead(inbox)) this.#unread.watch(now, inbox);
  }

  #isDrained(): boolean {
    for (const inbox of this.#inboxes.all) {
      if (inbox.waiting > 0 && this.#inboxes.isRead(inbox)) return false;
    }
    return this.#ledger.isSettled && this.#peers.haveHeardAll;
  }

  #left(): { count: number; tasks: TaskRef[] } {
    const tasks: TaskRef[] = [];
    let count = 0;
    for (const rows of [...this.#ledger.writes.rows(), ...this.#inboxes.uncommitted()]) {
      const traceparents = new SparseReader(rows.batch.traceparent);
      count += rows.to - rows.from;
      forEachRunOf(rows, ({ origin, first, count: length, position }) => {
        for (let offset = 0; offset < length && tasks.length < shownTasksMax; offset++) {
          const seq = first + offset;
          const traceId = traceIdOf(origin, seq, traceparents.at(position + offset));
          tasks.push({ taskId: formatTaskId(origin, seq), traceId });
        }
      });
    }
    return { count, tasks };
  }
}
