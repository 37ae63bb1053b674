/**
 * A remote producer, over all its sessions: what it owns, and what it still has to be told.
 *
 * It outlives its session by a grace period, because a producer that was cut off comes back for its answers.
 */
import type { OutcomeStatus } from "@tq/common";
import { CreditWindow, type Duplicates, forEachRun, noIds, type ServerSession } from "@tq/common/protocol";
import type { IdRuns, NumberedContent, Origin } from "@tq/common/wire";
import { Owner, type OwnerAnswer, type OwnerEvents } from "./owner.ts";
import type { Reclaimed } from "./reclaims.ts";
import type { SinkPresence } from "./sink-sessions.ts";

/** What means something in its own session only. */
const sessionBound: ReadonlySet<string> = new Set(["SINKS", "RECLAIMED", "RESPONSE"]);

export class ProducerPeer implements OwnerEvents {
  readonly bootId: string;
  readonly owner: Owner;
  session: ServerSession | undefined;
  credit = new CreditWindow();
  /** Since when it has no session. */
  awaySince: number | undefined;
  /** It has had a session with this start of the ventilator. */
  hasJoined = false;
  /** What it was told of the sinks in this session. */
  presenceTold: SinkPresence | undefined;
  /** Tasks that came in this session. */
  #tasksReceived = 0;
  #untold: NumberedContent[] = [];

  constructor(bootId: string, name: string) {
    this.bootId = bootId;
    this.owner = new Owner(name, this, { bootId });
  }

  accepted(ids: IdRuns): void {
    this.#untold.push({ verb: "ACCEPTED", ids });
  }

  rejected(ids: IdRuns, code: string, message: string): void {
    this.#untold.push({ verb: "REJECTED", ids, code, message });
  }

  settled(outcome: OutcomeStatus, ids: IdRuns): void {
    this.#untold.push({ verb: "SETTLED", outcome, ids });
  }

  duplicate(duplicates: Duplicates): void {
    this.#untold.push({ verb: "DUPLICATE", ...duplicates });
  }

  answer({ outcome, ids, attempts, values }: OwnerAnswer): void {
    this.#untold.push({ verb: "ANSWER", outcome, ids, attempts, values });
  }

  responded(response: NumberedContent): void {
    this.#untold.push(response);
  }

  attach(session: ServerSession): void {
    this.session = session;
    this.hasJoined = true;
    this.awaySince = undefined;
    this.presenceTold = undefined;
    this.owner.isAway = false;
    this.credit = new CreditWindow();
    this.#tasksReceived = 0;
  }

  ended(ids: IdRuns): void {
    this.#untold.push({ verb: "RECLAIMED", ended: ids, unknown: noIds });
  }

  reclaimed(reclaimed: Reclaimed): void {
    // What was gathered before comes first: some of it may be about these tasks.
    this.owner.flush();
    this.#untold.push({ verb: "RECLAIMED", ...reclaimed });
  }

  /** Tasks came in. False if they are more than was granted. Bytes may exceed it by the last payloads. */
  receive(tasks: number, bytes: number): boolean {
    this.#tasksReceived += tasks;
    this.credit.release(tasks, bytes);
    return this.#tasksReceived <= this.credit.tasksGranted;
  }

  /** The session is over: what may not have arrived is told again in the next one. */
  detach(now: number): void {
    const unacknowledged = this.session?.unacknowledged ?? [];
    this.#untold = [...unacknowledged, ...this.#untold].filter(({ verb }) => !sessionBound.has(verb));
    this.owner.isAway = true;
    this.session = undefined;
    this.awaySince = now;
  }

  /** Lowers marks to what it knows to be over. Of one that is away it is not known what it has heard. */
  limit(marks: Map<Origin, number>): void {
    const { session, owner } = this;
    if (session === undefined) {
      for (const origin of owner.origins) marks.delete(origin);
      return;
    }
    owner.flush();
    for (const content of [...session.unacknowledged, ...this.#untold]) {
      const over =
        content.verb === "SETTLED" ? content.ids : content.verb === "RECLAIMED" ? content.ended : noIds;
      forEachRun(over, ({ origin, first }) => {
        if (first < (marks.get(origin) ?? 0)) marks.set(origin, first);
      });
    }
  }

  flush(now: number, presence: SinkPresence): void {
    this.owner.flush();
    const { session } = this;
    if (session === undefined) return;
    if (this.presenceTold !== presence) {
      this.presenceTold = presence;
      session.send(now, { verb: "SINKS", ...presence });
    }
    if (this.#untold.length === 0) return;
    for (const content of this.#untold) session.send(now, content);
    this.#untold = [];
  }
}
