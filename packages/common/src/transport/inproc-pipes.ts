/** One-way pipes within the process. */
import { invariant } from "../contract/index.ts";
import type { Gate } from "./gate.ts";
import type { InprocCaller, InprocHost } from "./inproc-doors.ts";
import type { InprocEnd } from "./inproc-end.ts";
import type { Frames, LinkStats, PullLink, PushLink } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";

/** What a pipe's end is made over: bound, for many, or connected, for one. */
export interface PipeSide {
  readonly endpoint: string;
  readonly side: InprocHost | InprocCaller;
  /** Lets go of the name that was bound. */
  readonly release: () => Promise<void>;
}

const endsOf = (side: InprocHost | InprocCaller): InprocEnd[] => {
  if ("ends" in side) return [...side.ends.values()];
  return side.open === undefined ? [] : [side.open];
};

export class InprocPush implements PushLink {
  readonly endpoint: string;
  readonly #drained: () => void;
  readonly #made: PipeSide;
  readonly #counters = new LinkCounters();
  #isDrainOwed = false;
  /** Whose turn it was last. */
  #turn = 0;
  #closing: Promise<void> | undefined;

  /** `make`: gives the side, which calls back when there may be room again. */
  constructor(make: (roomMade: () => void) => PipeSide, drained: () => void) {
    this.#drained = drained;
    this.#made = make(() => this.#roomMade());
    this.endpoint = this.#made.endpoint;
  }

  get isWritable(): boolean {
    const isWritable = this.#withRoom.length > 0;
    if (!isWritable) this.#isDrainOwed = true;
    return isWritable;
  }

  send(frames: Frames): void {
    const ends = this.#withRoom;
    this.#turn += 1;
    const end = ends[this.#turn % ends.length];
    invariant(end !== undefined, "a message is handed over only while the link is writable");
    this.#counters.countSend(true);
    end.send(frames);
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  close(): Promise<void> {
    this.#closing ??= closeSide(this.#made);
    return this.#closing;
  }

  get #withRoom(): InprocEnd[] {
    return this.#closing === undefined ? endsOf(this.#made.side).filter(({ hasRoom }) => hasRoom) : [];
  }

  #roomMade(): void {
    if (!this.#isDrainOwed || this.#withRoom.length === 0) return;
    this.#isDrainOwed = false;
    this.#drained();
  }
}

export class InprocPull implements PullLink {
  readonly endpoint: string;
  readonly #gate: Gate;
  readonly #made: PipeSide;
  readonly #counters = new LinkCounters();
  #closing: Promise<void> | undefined;

  /** `gate`: that of the side's ends. */
  constructor(
    gate: Gate,
    make: (receive: (frames: Frames) => void) => PipeSide,
    receive: (frames: Frames) => void,
  ) {
    this.#gate = gate;
    this.#made = make((frames) => {
      this.#counters.countReceived();
      receive(frames);
    });
    this.endpoint = this.#made.endpoint;
  }

  pause(): void {
    this.#gate.shut();
  }

  resume(): void {
    this.#gate.open();
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  close(): Promise<void> {
    this.#closing ??= closeSide(this.#made);
    return this.#closing;
  }
}

async function closeSide({ side, release }: PipeSide): Promise<void> {
  side.close();
  await release();
}
