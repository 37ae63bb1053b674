/**
 * Links within one process, between its threads, too: `inproc://NAME`, where `*` at a bind draws a name. Only the ZeroMQ
 * transport makes this, for the endpoints that ask for it.
 */
import { randomUUID } from "node:crypto";
import { Gate } from "./gate.ts";
import { type CallerKind, type HostHandlers, InprocCaller, InprocHost } from "./inproc-doors.ts";
import { InprocClientLink, InprocServerLink } from "./inproc-links.ts";
import { InprocName } from "./inproc-names.ts";
import { InprocPull, InprocPush, type PipeSide } from "./inproc-pipes.ts";
import { linkLimits } from "./limits.ts";
import type {
  BindOptions,
  ClientLink,
  ConnectOptions,
  Frames,
  PullLink,
  PullOptions,
  PushLink,
  PushOptions,
  ServerLink,
} from "./link.ts";

export interface InprocOptions {
  /** Messages on their way to one peer, at least. */
  readonly pipeMessagesMax: number;
  readonly silenceMs: number;
  /** A connecting link has waited for a second: nobody in this process has bound its endpoint. */
  readonly unanswered: (endpoint: string) => void;
}

export class InprocLinks {
  readonly #options: InprocOptions;

  constructor(options: InprocOptions) {
    this.#options = options;
  }

  async bind(text: string, options: BindOptions): Promise<ServerLink> {
    const { text: drawn, name } = await take(text);
    return new InprocServerLink({ text: drawn, name, end: this.#linkEnd }, options);
  }

  connect(name: string, options: ConnectOptions): ClientLink {
    return new InprocClientLink({ name, end: this.#linkEnd, unanswered: this.#unanswered(name) }, options);
  }

  async bindPush(text: string, { drained }: PushOptions): Promise<PushLink> {
    const taken = await take(text);
    return new InprocPush((roomMade) => this.#host(taken, "pull", { roomMade }), drained);
  }

  connectPush(name: string, { drained }: PushOptions): PushLink {
    const make = (roomMade: () => void) =>
      this.#call(name, { kind: "push", receive: () => {}, opened: roomMade, roomMade });
    return new InprocPush(make, drained);
  }

  async bindPull(text: string, { receive }: PullOptions): Promise<PullLink> {
    const taken = await take(text);
    const gate = new Gate();
    const make = (read: (frames: Frames) => void) =>
      this.#host(taken, "push", { receive: (_route, frames) => read(frames), gate });
    return new InprocPull(gate, make, receive);
  }

  connectPull(name: string, { receive, opened }: PullOptions): PullLink {
    const gate = new Gate();
    const make = (read: (frames: Frames) => void) =>
      this.#call(name, { kind: "pull", receive: read, opened: () => opened?.(), gate });
    return new InprocPull(gate, make, receive);
  }

  /** Twice the promise: acknowledgements are under way, too. */
  get #linkEnd() {
    return { messagesMax: 2 * this.#options.pipeMessagesMax, silenceMs: this.#options.silenceMs };
  }

  #pipeEnd(gate: Gate | undefined) {
    return { messagesMax: linkLimits.pushMessagesMax, silenceMs: this.#options.silenceMs, gate };
  }

  #host(
    { text, name }: Taken,
    serves: CallerKind,
    { gate, ...handlers }: HostHandlers & { gate?: Gate },
  ): PipeSide {
    const side = new InprocHost(text, { serves, end: this.#pipeEnd(gate) }, handlers);
    return { endpoint: name.endpoint, side, release: () => name.release() };
  }

  #call(name: string, { kind, gate, ...handlers }: CallOptions): PipeSide {
    const side = new InprocCaller(
      name,
      { kind, end: this.#pipeEnd(gate) },
      { ...handlers, unanswered: this.#unanswered(name) },
    );
    return { endpoint: `inproc://${name}`, side, release: async () => {} };
  }

  #unanswered(name: string): () => void {
    return () => this.#options.unanswered(`inproc://${name}`);
  }
}

interface CallOptions {
  readonly kind: CallerKind;
  readonly gate?: Gate;
  readonly receive: (frames: Frames) => void;
  readonly opened: () => void;
  readonly roomMade?: () => void;
}

interface Taken {
  readonly text: string;
  readonly name: InprocName;
}

async function take(asked: string): Promise<Taken> {
  const text = asked === "*" ? `tq-${randomUUID()}` : asked;
  return { text, name: await InprocName.take(text) };
}
