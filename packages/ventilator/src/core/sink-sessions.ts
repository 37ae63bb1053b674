/**
 * This ventilator's own sessions with the sinks it was given: what it proposes there, what they say is final, and what
 * they may forget.
 */
import {
  type HelloDetails,
  type Session,
  SessionClient,
  type SessionClientHandler,
  type Timing,
} from "@tq/common/protocol";
import type { Message, Missing, Origin, SessionMessage, SinkAddress, Welcome } from "@tq/common/wire";
import type { VentilatorEvent } from "./events.ts";
import { OriginNotices } from "./origin-notices.ts";
import type { SinkPeer } from "./sink-peers.ts";

/** Whoever counts what came of pushed tasks. */
export interface PushListener {
  sinkJoined(sink: SinkPeer): void;
  missing(sink: SinkPeer, message: Missing): void;
}

/** Ids of the sinks that this ventilator has a session with, and of the others. */
export interface SinkPresence {
  readonly here: readonly string[];
  readonly away: readonly string[];
}

export interface SinkSessionParts {
  readonly timing: Timing;
  readonly hello: () => HelloDetails;
  readonly transmit: (channel: string, message: Message) => void;
  readonly drawBootId: () => string;
  readonly report: (event: VentilatorEvent) => void;
  readonly violated: (channel: string, reason: string) => void;
  readonly joined: (sink: SinkPeer) => void;
  readonly lost: (sink: SinkPeer) => void;
  /** Made after the sessions. */
  readonly push: () => PushListener;
  readonly committed: (sink: SinkPeer, message: SessionMessage & { verb: "COMMITTED" }) => void;
}

export class SinkSessions {
  readonly #parts: SinkSessionParts;
  readonly peers: readonly SinkPeer[];
  #presence: SinkPresence;

  constructor(now: number, endpoints: readonly string[], parts: SinkSessionParts) {
    this.#parts = parts;
    this.peers = endpoints.map((endpoint, index) => this.#peer(now, endpoint, `sink:${index}`));
    this.#presence = { here: [], away: endpoints };
  }

  /** What workers are told. A sink's name is its endpoint as configured: every worker can be told before it is there. */
  get addresses(): readonly SinkAddress[] {
    return this.peers.map(({ endpoint, push }) => ({
      id: endpoint,
      endpoint,
      ...(push !== undefined && { push }),
    }));
  }

  of(channel: string): SinkPeer | undefined {
    return this.peers.find((peer) => peer.channel === channel);
  }

  receive(now: number, channel: string, message: Message): void {
    this.of(channel)?.client.receive(now, message);
  }

  flush(): void {
    for (const { client } of this.peers) client.flush();
  }

  /** Which of them are there. The same object until that changes. */
  get presence(): SinkPresence {
    const isThere = ({ client }: SinkPeer): boolean => client.session !== undefined;
    const { here } = this.#presence;
    const isSame = this.peers.every((peer) => isThere(peer) === here.includes(peer.endpoint));
    if (!isSame) {
      const ids = (peers: readonly SinkPeer[]) => peers.map(({ endpoint }) => endpoint);
      this.#presence = {
        here: ids(this.peers.filter(isThere)),
        away: ids(this.peers.filter((peer) => !isThere(peer))),
      };
    }
    return this.#presence;
  }

  wake(now: number, lateMs: number): void {
    for (const peer of this.peers) {
      peer.client.wake(now, lateMs);
      if (peer.client.session !== undefined) continue;
      peer.awaySince ??= now;
    }
  }

  wakeAt(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.peers.map(({ client }) => client.wakeAt()));
  }

  /** Nothing below these seqs will be sent again. Told once per advance, to those sinks that are there. */
  tellLowMarks(now: number, marks: readonly (readonly [Origin, number])[]): void {
    for (const { client, notices } of this.peers) {
      if (client.session !== undefined) notices.tellMarks(now, client.session, marks);
    }
  }

  /** Nothing of these origins will be sent again. Sinks that are away are told when they are back. */
  tellClosed(now: number, origins: readonly Origin[]): void {
    for (const { client, notices } of this.peers) {
      notices.close(origins);
      if (client.session !== undefined) notices.tellClosed(now, client.session);
    }
  }

  /** Closed origins that some sink may not have heard of. */
  closedUnconfirmed(): ReadonlySet<Origin> {
    const all = new Set<Origin>();
    for (const { client, notices } of this.peers) {
      for (const origin of notices.unconfirmed(client.unacknowledged)) all.add(origin);
    }
    return all;
  }

  close(reason: string): void {
    for (const { client } of this.peers) client.close(reason);
  }

  #peer(now: number, endpoint: string, channel: string): SinkPeer {
    const peer: SinkPeer = {
      channel,
      endpoint,
      client: new SessionClient(now, {
        timing: this.#parts.timing,
        transmit: (message) => this.#parts.transmit(channel, message),
        drawBootId: this.#parts.drawBootId,
        handler: this.#handler(() => peer),
      }),
      stableId: undefined,
      bootId: undefined,
      awaySince: undefined,
      hasMoved: false,
      push: undefined,
      notices: new OriginNotices(),
    };
    return peer;
  }

  #handler(peer: () => SinkPeer): SessionClientHandler {
    const { report, violated, hello, joined, lost, committed, push } = this.#parts;
    return {
      hello,
      opened: (now: number, session: Session, welcome: Welcome) => {
        const sink = peer();
        sink.stableId = welcome.sinkId ?? welcome.bootId;
        sink.bootId = welcome.bootId;
        sink.push = welcome.push;
        isBack(sink);
        sink.notices.begin();
        sink.notices.tellClosed(now, session);
        report({ type: "sink.joined", sink: welcome.name, endpoint: sink.endpoint });
        joined(sink);
        push().sinkJoined(sink);
      },
      resumed: (now, session) => {
        const sink = peer();
        isBack(sink);
        sink.notices.tellClosed(now, session);
        joined(sink);
      },
      received: (_now, _session, message) => {
        if (message.verb === "COMMITTED") committed(peer(), message);
        else if (message.verb === "MISSING") push().missing(peer(), message);
        else if (message.verb !== "HEARTBEAT") {
          const reason = `a sink does not say ${message.verb}`;
          violated(peer().channel, reason);
        }
      },
      ended: (_now, unacknowledged) => {
        const sink = peer();
        sink.notices.ended(unacknowledged);
        report({ type: "sink.lost", sink: sink.stableId ?? "", endpoint: sink.endpoint });
        lost(sink);
      },
      unreachable: () => report({ type: "sink.unreachable", endpoint: peer().endpoint }),
      refused: (_now, { code, message }) => {
        report({ type: "sink.refused", endpoint: peer().endpoint, code, message });
      },
      heartbeatState: () => ({}),
    };
  }
}

const isBack = (sink: SinkPeer): void => {
  sink.awaySince = undefined;
  sink.hasMoved = false;
};
