/**
 * What sinks are told of pushed tasks, and what they say: SENT, so that they know what to expect, and MISSING.
 *
 * SENT with `idle` asks for the last word. It is said when nothing of an origin waits or is under way, again in each fresh
 * session until it is answered, and not more often than is of use.
 */
import type { Session } from "@tq/common/protocol";
import { type Missing, type Origin, wireLimits } from "@tq/common/wire";
import type { VentilatorEvent } from "./events.ts";
import type { PushOrigin } from "./push-origin.ts";
import type { SinkPeer } from "./sink-peers.ts";

export interface PushReportParts {
  readonly origin: (origin: Origin) => PushOrigin | undefined;
  readonly report: (event: VentilatorEvent) => void;
  readonly violated: (channel: string, reason: string) => void;
}

/** Between two idle SENTs: a trickle of single tasks would else cost two messages each. */
const idleIntervalMs = 20;
/** Between two others: they only matter where the ventilator dies. */
const busyIntervalMs = 500;

export class PushReports {
  readonly #parts: PushReportParts;
  readonly #saidAt = new Map<SinkPeer, { idle: number; busy: number }>();
  /** Tasks that never came, as far as it was said. */
  missing = 0;
  /** Tasks of which nobody can say whether they came. */
  inDoubt = 0;

  constructor(parts: PushReportParts) {
    this.#parts = parts;
  }

  /** Tells what is new. */
  tell(now: number, origins: Iterable<PushOrigin>): void {
    const idle = new Map<SinkPeer, PushOrigin[]>();
    const busy = new Map<SinkPeer, PushOrigin[]>();
    for (const origin of origins) {
      const { sink, told, sentThrough } = origin;
      if (sink === undefined || sink.bootId !== origin.sinkStart || origin.finalThrough >= sentThrough)
        continue;
      if (origin.isIdle) {
        if (!told.isIdle || told.through < sentThrough) add(idle, sink, origin);
      } else if (told.through < sentThrough) add(busy, sink, origin);
    }
    for (const [sink, news] of idle) this.#tell(now, { sink, news, isIdle: true });
    for (const [sink, news] of busy) this.#tell(now, { sink, news, isIdle: false });
  }

  /** A sink's last word on origins that go to it. */
  heard(sink: SinkPeer, message: Missing): void {
    for (const [at, id] of message.origins.entries()) {
      const origin = this.#parts.origin(id);
      const through = message.through[at] ?? 0;
      if (origin === undefined || origin.sink !== sink || through < origin.finalThrough) continue;
      if (through > origin.sentThrough) {
        this.#parts.violated(sink.channel, "MISSING of what was not sent");
        continue;
      }
      origin.owner.unsettled -= origin.finish(through);
      const change = (message.missing[at] ?? 0) - origin.missing;
      if (change === 0) continue;
      origin.missing += change;
      this.missing += change;
      const missing = origin.missing + origin.missingBefore;
      this.#parts.report({
        type: "push.missing",
        task: origin.queue.name,
        origin: id,
        through,
        missing,
        change,
      });
    }
  }

  /** The sink was started anew and has forgotten what came: it counts from the next seq on. */
  beginAnew(now: number, origin: PushOrigin, session: Session): void {
    const { sink, sentThrough, finalThrough, unheard } = origin;
    origin.owner.unsettled -= origin.finish(sentThrough);
    origin.missingBefore += origin.missing;
    origin.missing = 0;
    origin.sinkStart = sink?.bootId;
    if (sentThrough > 0)
      session.send(now, { verb: "LOWMARK", origins: [origin.origin], below: [sentThrough + 1] });
    if (unheard === 0) return;
    this.inDoubt += unheard;
    this.#parts.report({
      type: "push.in-doubt",
      task: origin.queue.name,
      origin: origin.origin,
      from: finalThrough + 1,
      through: sentThrough,
      tasks: unheard,
    });
  }

  #tell(now: number, { sink, news, isIdle }: { sink: SinkPeer; news: PushOrigin[]; isIdle: boolean }): void {
    const { session } = sink.client;
    const said = this.#saidAt.get(sink) ?? { idle: Number.NEGATIVE_INFINITY, busy: Number.NEGATIVE_INFINITY };
    const isEarly = isIdle ? now - said.idle < idleIntervalMs : now - said.busy < busyIntervalMs;
    if (session?.hasRoom !== true || isEarly) return;
    this.#saidAt.set(sink, isIdle ? { ...said, idle: now } : { ...said, busy: now });
    const some = news.slice(0, wireLimits.originsPerMessageMax);
    this.#tellBeginnings(now, session, some);
    session.send(now, {
      verb: "SENT",
      origins: some.map(({ origin }) => origin),
      through: some.map(({ sentThrough }) => sentThrough),
      ...(isIdle && { idle: true }),
    });
    for (const origin of some) origin.told = { through: origin.sentThrough, isIdle };
  }

  /** Where to count from. A sink that was told of what came before knows better. */
  #tellBeginnings(now: number, session: Session, news: readonly PushOrigin[]): void {
    const late = news.filter(({ told, firstSeq = 1 }) => told.through === 0 && firstSeq > 1);
    if (late.length === 0) return;
    session.send(now, {
      verb: "LOWMARK",
      origins: late.map(({ origin }) => origin),
      below: late.map(({ firstSeq = 1 }) => firstSeq),
    });
  }
}

const add = (bySink: Map<SinkPeer, PushOrigin[]>, sink: SinkPeer, origin: PushOrigin): void => {
  const known = bySink.get(sink);
  if (known === undefined) bySink.set(sink, [origin]);
  else known.push(origin);
};
