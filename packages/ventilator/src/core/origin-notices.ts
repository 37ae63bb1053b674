/**
 * What one sink is told about origins: below which seq nothing will come again, and that one is closed.
 *
 * Whoever is not told remembers for ever, so nothing is dropped because a sink is away: marks are compared with what this
 * sink was told, and origins stay on the list until it has a session, and come back to it if that is lost.
 */
import type { Session } from "@tq/common/protocol";
import { type NumberedContent, type Origin, wireLimits } from "@tq/common/wire";

/** Closed origins that wait for a sink; beyond it the oldest is forgotten, as sinks themselves forget. Raised: memory. */
const waitingMax = 10_000;

export class OriginNotices {
  readonly #marksTold = new Map<Origin, number>();
  readonly #closed = new Set<Origin>();

  /** A fresh session may be a fresh memory: every mark is news to it. */
  begin(): void {
    this.#marksTold.clear();
  }

  /** The session is over; of this it may not have heard. */
  ended(unacknowledged: readonly NumberedContent[]): void {
    for (const content of unacknowledged) if (content.verb === "CLOSED") this.close(content.origins);
  }

  close(origins: readonly Origin[]): void {
    for (const origin of origins) {
      this.#marksTold.delete(origin);
      this.#closed.add(origin);
    }
    for (const oldest of this.#closed) {
      if (this.#closed.size <= waitingMax) return;
      this.#closed.delete(oldest);
    }
  }

  /** Closed origins that this sink may not have heard of. */
  *unconfirmed(unacknowledged: readonly NumberedContent[]): Iterable<Origin> {
    yield* this.#closed;
    for (const content of unacknowledged) if (content.verb === "CLOSED") yield* content.origins;
  }

  tellClosed(now: number, session: Session): void {
    if (this.#closed.size === 0) return;
    for (const origins of chunks([...this.#closed])) session.send(now, { verb: "CLOSED", origins });
    this.#closed.clear();
  }

  tellMarks(now: number, session: Session, marks: readonly (readonly [Origin, number])[]): void {
    const news = marks.filter(([origin, mark]) => mark > (this.#marksTold.get(origin) ?? 1));
    for (const part of chunks(news)) {
      const origins = part.map(([origin]) => origin);
      session.send(now, { verb: "LOWMARK", origins, below: part.map(([, mark]) => mark) });
    }
    for (const [origin, mark] of news) this.#marksTold.set(origin, mark);
  }
}

/** Parts that fit into a message each. */
const chunks = <T>(all: readonly T[]): readonly (readonly T[])[] => {
  const size = wireLimits.originsPerMessageMax;
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
};
