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
import type { Message, NumberedContent, Origin, SessionMessage, SinkAddress, Welcome } from "@tq/common/wire";
import type { VentilatorEvent } from "./events.ts";
import type { SinkPeer } from "./sink-peers.ts";

export interface SinkSessionParts {
  readonly timing: Timing;
  readonly hello: () => HelloDetails;
  readonly transmit: (channel: string, message: Message) => void;
  readonly drawBootId: () => string;
  readonly report: (event: VentilatorEvent) => void;
  readonly violated: (channel: string, reason: string) => void;
  readonly joined: (sink: SinkPeer) => void;
  readonly lost: (sink: SinkPeer) => void;
  readonly committed: (sink: SinkPeer, message: SessionMessage & { verb: "COMMITTED" }) => void;
}

export class SinkSessions {
  readonly #parts: SinkSessionParts;
  readonly peers: readonly SinkPeer[];
  /** Per origin, the low mark that was last told. */
  readonly #marksTold = new Map<Origin, number>();

  constructor(now: number, endpoints: readonly string[], parts: SinkSessionParts) {
    this.#parts = parts;
    this.peers = endpoints.map((endpoint, index) => this.#peer(now, endpoint, `sink:${index}`));
  }

  /** What workers are told. A sink's name is its endpoint as configured: every worker can be told before it is there. */
  get addresses(): readonly SinkAddress[] {
    return this.peers.map(({ endpoint }) => ({ id: endpoint, endpoint }));
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

  wake(now: number, lateMs: number): void {
    for (const peer of this.peers) {
      peer.client.wake(now, lateMs);
      if (peer.stableId === undefined || peer.client.session !== undefined) continue;
      peer.awaySince ??= now;
    }
  }

  wakeAt(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.peers.map(({ client }) => client.wakeAt()));
  }

  /** Nothing below these seqs will be sent again. Told once per advance, to all sinks that are there. */
  tellLowMarks(now: number, marks: Iterable<readonly [Origin, number]>): void {
    const origins: Origin[] = [];
    const below: number[] = [];
    for (const [origin, mark] of marks) {
      if (mark <= (this.#marksTold.get(origin) ?? 1)) continue;
      this.#marksTold.set(origin, mark);
      origins.push(origin);
      below.push(mark);
    }
    if (origins.length > 0) this.#tellAll(now, { verb: "LOWMARK", origins, below });
  }

  /** Nothing of these origins will be sent again. */
  tellClosed(now: number, origins: readonly Origin[]): void {
    for (const origin of origins) this.#marksTold.delete(origin);
    if (origins.length > 0) this.#tellAll(now, { verb: "CLOSED", origins });
  }

  close(reason: string): void {
    for (const { client } of this.peers) client.close(reason);
  }

  #tellAll(now: number, content: NumberedContent): void {
    for (const { client } of this.peers) client.session?.send(now, content);
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
      awaySince: undefined,
      hasMoved: false,
    };
    return peer;
  }

  #handler(peer: () => SinkPeer): SessionClientHandler {
    const { report, violated, hello, joined, lost, committed } = this.#parts;
    return {
      hello,
      opened: (_now: number, _session: Session, welcome: Welcome) => {
        const sink = peer();
        sink.stableId = welcome.sinkId ?? welcome.bootId;
        isBack(sink);
        // A fresh session may be a fresh memory: every mark is told again.
        this.#marksTold.clear();
        report({ type: "sink.joined", sink: welcome.name, endpoint: sink.endpoint });
        joined(sink);
      },
      resumed: () => {
        const sink = peer();
        isBack(sink);
        joined(sink);
      },
      received: (_now, _session, message) => {
        if (message.verb === "COMMITTED") committed(peer(), message);
        else if (message.verb !== "HEARTBEAT") {
          const reason = `a sink does not say ${message.verb}`;
          violated(peer().channel, reason);
        }
      },
      ended: () => {
        const sink = peer();
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
