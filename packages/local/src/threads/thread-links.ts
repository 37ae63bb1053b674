/** The main thread's side of a thread's links: connects in its place, passes frames both ways, and beats its heart. */
import type { ClientLink, Frames, Transport } from "@tq/common/transport";
import { type HeartMemory, type LentHeart, readLentHeart } from "@tq/worker/hosting";
import { detachable, type FromThread, type LinkKind, type ToThread } from "./thread-messages.ts";

export type PostToThread = (message: ToThread, transfer?: readonly ArrayBuffer[]) => void;

/** Messages on their way from a pipe to a thread: one that it reads, one that it finds then. */
const pulledMax = 2;

/** A link, as far as the thread has a hand in it. */
interface MainEnd {
  send(frames: Frames): void;
  /** The thread has taken a message of a pipe. */
  took(): void;
  close(): Promise<void>;
}

export class ThreadLinks {
  readonly #transport: Transport;
  readonly #post: PostToThread;
  readonly #ends = new Map<number, MainEnd>();
  #heart: LentHeart | undefined;

  /** The transport is closed with the links: one for each start of a thread. */
  constructor(transport: Transport, post: PostToThread) {
    this.#transport = transport;
    this.#post = post;
  }

  /** What the thread says of a link. */
  take(message: Extract<FromThread, { link: number }>): void {
    const { link } = message;
    if (message.type === "connect") {
      this.#ends.set(link, this.#connect(message.kind, link, message.endpoint));
      return;
    }
    const end = this.#ends.get(link);
    if (message.type === "frames") end?.send(message.frames);
    else if (message.type === "took") end?.took();
    else {
      this.#ends.delete(link);
      void end?.close();
    }
  }

  /** A link of its own, as every heart has. */
  beat(heart: HeartMemory, ventilator: string): void {
    this.#heart = readLentHeart(heart, [this.#transport.connect(ventilator, { receive: () => {} })]);
  }

  /** The heart stops at once: what is gone must not seem alive. */
  async close(): Promise<void> {
    await this.#heart?.close();
    await this.#transport.close();
  }

  #connect(kind: LinkKind, link: number, endpoint: string): MainEnd {
    switch (kind) {
      case "client":
        return this.#connectClient(link, endpoint);
      case "push":
        return this.#connectPush(link, endpoint);
      case "pull":
        return this.#connectPull(link, endpoint);
    }
  }

  #connectClient(link: number, endpoint: string): MainEnd {
    const made: ClientLink = this.#transport.connect(endpoint, {
      receive: (frames) => this.#pass(link, frames),
      opened: () => this.#post({ type: "opened", link }),
    });
    return { send: (frames) => made.send(frames), took: () => {}, close: () => made.close() };
  }

  #connectPush(link: number, endpoint: string): MainEnd {
    let held: Frames | undefined;
    const offerRoom = (): void => {
      if (!made.isWritable) return;
      if (held === undefined) {
        this.#post({ type: "room", link });
        return;
      }
      made.send(held);
      held = undefined;
      offerRoom();
    };
    const made = this.#transport.connectPush(endpoint, { drained: offerRoom });
    offerRoom();
    const send = (frames: Frames): void => {
      // Between the offer and this the reader may have gone.
      held = frames;
      offerRoom();
    };
    return { send, took: () => {}, close: () => made.close() };
  }

  #connectPull(link: number, endpoint: string): MainEnd {
    let underWay = 0;
    const made = this.#transport.connectPull(endpoint, {
      receive: (frames) => {
        underWay += 1;
        if (underWay >= pulledMax) made.pause();
        this.#pass(link, frames);
      },
      opened: () => this.#post({ type: "opened", link }),
    });
    const took = (): void => {
      underWay -= 1;
      if (underWay === pulledMax - 1) made.resume();
    };
    return { send: () => {}, took, close: () => made.close() };
  }

  #pass(link: number, received: Frames): void {
    const { frames, transfer } = detachable(received);
    this.#post({ type: "frames", link, frames }, transfer);
  }
}
