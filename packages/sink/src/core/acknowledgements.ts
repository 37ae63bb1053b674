/**
 * What peers have to be told is final, gathered over a turn: one COMMITTED per peer and outcome, ids as runs.
 *
 * A session that is over is told nothing: whoever it was offers the same again in its next one, and then hears it.
 */
import type { Origin, OutcomeStatus } from "@tq/common";
import { type IdRun, IdRunsBuilder, type SessionServer } from "@tq/common/protocol";
import { type SessionId, wireLimits } from "@tq/common/wire";

/** Ids for one message. Counts each change of origin as one more origin: never too few. */
class Message {
  readonly ids = new IdRunsBuilder();
  #origin: Origin | undefined;
  #origins = 0;

  fits(count: number): boolean {
    return (
      this.#origins < wireLimits.originsPerMessageMax && this.ids.count + count <= wireLimits.idsPerMessageMax
    );
  }

  add({ origin, first, count }: IdRun): void {
    if (origin !== this.#origin) this.#origins += 1;
    this.#origin = origin;
    this.ids.addRun(origin, first, count);
  }
}

export class Acknowledgements {
  /** Messages by outcome, the last one still growing. */
  readonly #sessions = new Map<SessionId, Map<OutcomeStatus, Message[]>>();

  /** Nobody has to be told anything. */
  get isEmpty(): boolean {
    return this.#sessions.size === 0;
  }

  add(to: { session: SessionId; outcome: OutcomeStatus }, run: IdRun): void {
    let outcomes = this.#sessions.get(to.session);
    if (outcomes === undefined) {
      outcomes = new Map();
      this.#sessions.set(to.session, outcomes);
    }
    let messages = outcomes.get(to.outcome);
    if (messages === undefined) {
      messages = [];
      outcomes.set(to.outcome, messages);
    }
    let last = messages.at(-1);
    if (last === undefined || !last.fits(run.count)) {
      last = new Message();
      messages.push(last);
    }
    last.add(run);
  }

  /** Sends what the sessions have room for; the rest waits, and grows together, until they acknowledge. */
  flush(now: number, server: SessionServer): void {
    for (const [id, outcomes] of this.#sessions) {
      const session = server.find(id);
      for (const [outcome, messages] of outcomes) {
        while (session?.hasRoom) {
          const message = messages.shift();
          if (message === undefined) break;
          session.send(now, { verb: "COMMITTED", outcome, ids: message.ids.take() });
        }
        if (messages.length === 0) outcomes.delete(outcome);
      }
      if (session === undefined || outcomes.size === 0) this.#sessions.delete(id);
    }
  }
}
