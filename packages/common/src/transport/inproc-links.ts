/** Links of two directions within the process. */
import { type CallerOptions, InprocCaller, InprocHost } from "./inproc-doors.ts";
import type { EndOptions, InprocEnd } from "./inproc-end.ts";
import type { InprocName } from "./inproc-names.ts";
import type {
  BindOptions,
  ClientLink,
  ConnectOptions,
  Frames,
  LinkStats,
  Route,
  ServerLink,
} from "./link.ts";
import { LinkCounters } from "./link-counters.ts";

export class InprocServerLink implements ServerLink {
  readonly endpoint: string;
  readonly #name: InprocName;
  readonly #host: InprocHost;
  readonly #counters = new LinkCounters();
  #closing: Promise<void> | undefined;

  constructor(bound: { text: string; name: InprocName; end: EndOptions }, { receive }: BindOptions) {
    this.endpoint = bound.name.endpoint;
    this.#name = bound.name;
    this.#host = new InprocHost(
      bound.text,
      { serves: "client", end: bound.end },
      {
        receive: (route, frames) => {
          this.#counters.countReceived();
          receive(route, frames);
        },
      },
    );
  }

  send(route: Route, frames: Frames): void {
    handOver(this.#host.ends.get(route), frames, this.#counters);
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#host.close();
    await this.#name.release();
  }
}

export class InprocClientLink implements ClientLink {
  readonly #caller: InprocCaller;
  readonly #counters = new LinkCounters();
  #isClosed = false;

  constructor(
    connected: { name: string; unanswered: () => void } & Omit<CallerOptions, "kind">,
    { receive, opened }: ConnectOptions,
  ) {
    this.#caller = new InprocCaller(
      connected.name,
      { kind: "client", end: connected.end },
      {
        opened: () => opened?.(),
        receive: (frames) => {
          this.#counters.countReceived();
          receive(frames);
        },
        unanswered: connected.unanswered,
      },
    );
  }

  send(frames: Frames): void {
    handOver(this.#caller.open, frames, this.#counters);
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#caller.close();
  }
}

function handOver(end: InprocEnd | undefined, frames: Frames, counters: LinkCounters): void {
  const hasRoom = end?.hasRoom ?? false;
  counters.countSend(hasRoom);
  if (hasRoom) end?.send(frames);
}
