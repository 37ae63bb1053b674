/** The main thread's end of a thread's links: connects in its place, passes frames both ways, and beats its heart. */
import type { ClientLink, Frames, Transport } from "@tq/common/transport";
import { type HeartMemory, type LentHeart, readLentHeart } from "@tq/worker/hosting";
import { detachable, type ToThread } from "./thread-messages.ts";

export type PostToThread = (message: ToThread, transfer?: readonly ArrayBuffer[]) => void;

export class ThreadLinks {
  readonly #transport: Transport;
  readonly #post: PostToThread;
  readonly #links = new Map<number, ClientLink>();
  #heart: LentHeart | undefined;
  #heartLink: ClientLink | undefined;

  /** The transport is closed with the links: one for each start of a thread. */
  constructor(transport: Transport, post: PostToThread) {
    this.#transport = transport;
    this.#post = post;
  }

  connect(link: number, endpoint: string): void {
    const made = this.#transport.connect(endpoint, {
      receive: (received) => {
        const { frames, transfer } = detachable(received);
        this.#post({ type: "frames", link, frames }, transfer);
      },
      opened: () => this.#post({ type: "opened", link }),
    });
    this.#links.set(link, made);
  }

  send(link: number, frames: Frames): void {
    this.#links.get(link)?.send(frames);
  }

  disconnect(link: number): void {
    void this.#links.get(link)?.close();
    this.#links.delete(link);
  }

  /** A link of its own, as every heart has. */
  beat(heart: HeartMemory, ventilator: string): void {
    this.#heartLink = this.#transport.connect(ventilator, { receive: () => {} });
    this.#heart = readLentHeart(heart, [this.#heartLink]);
  }

  /** The heart stops at once: what is gone must not seem alive. */
  async close(): Promise<void> {
    await this.#heart?.close();
    await this.#transport.close();
  }
}
