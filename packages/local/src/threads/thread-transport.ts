/**
 * The transport of a worker on a thread: its links are made by the main thread, which passes the frames on. It binds
 * nothing, as a worker never does, and has no pipes, as a local pipeline has no push lane.
 *
 * Messages between threads and not `inproc`: a thread that runs users' code may end at any moment, by `process.exit` or
 * for want of memory, and a thread that ends while a native socket waits takes the process with it.
 */
import { TqError } from "@tq/common";
import { invariant } from "@tq/common/contract";
import type { ClientLink, ConnectOptions, Frames, LinkStats, Transport } from "@tq/common/transport";
import { detachable, type FromThread, type ToThread } from "./thread-messages.ts";

/** What is posted, and what is given away with it. */
export type Post = (message: FromThread, transfer?: readonly ArrayBuffer[]) => void;

export class ThreadTransport implements Transport {
  readonly #post: Post;
  readonly #links = new Map<number, ThreadLink>();
  #lastLink = 0;

  constructor(post: Post) {
    this.#post = post;
  }

  bind(endpoint: string): Promise<never> {
    return Promise.reject(notServed(endpoint));
  }

  bindPush(endpoint: string): Promise<never> {
    return Promise.reject(notServed(endpoint));
  }

  bindPull(endpoint: string): Promise<never> {
    return Promise.reject(notServed(endpoint));
  }

  connectPush(endpoint: string): never {
    throw notServed(endpoint);
  }

  connectPull(endpoint: string): never {
    throw notServed(endpoint);
  }

  connect(endpoint: string, options: ConnectOptions): ClientLink {
    this.#lastLink += 1;
    const number = this.#lastLink;
    const forget = () => this.#links.delete(number);
    const link = new ThreadLink({ number, post: this.#post, forget }, options);
    this.#links.set(number, link);
    this.#post({ type: "connect", link: number, endpoint });
    return link;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }

  /** What the main thread says of a link. */
  take(message: Exclude<ToThread, { type: "close" }>): void {
    const link = this.#links.get(message.link);
    // It may have been closed while this was under way.
    if (link === undefined) return;
    if (message.type === "frames") link.arrived(message.frames);
    else link.opened();
  }
}

class ThreadLink implements ClientLink {
  readonly #made: { readonly number: number; readonly post: Post; readonly forget: () => void };
  readonly #options: ConnectOptions;
  #sent = 0;
  #received = 0;
  #isClosed = false;

  constructor(made: { number: number; post: Post; forget: () => void }, options: ConnectOptions) {
    this.#made = made;
    this.#options = options;
  }

  send(frames: Frames): void {
    if (this.#isClosed) return;
    this.#sent += 1;
    const { frames: copies, transfer } = detachable(frames);
    this.#made.post({ type: "frames", link: this.#made.number, frames: copies }, transfer);
  }

  /** What is dropped is counted where the real link is. */
  stats(): LinkStats {
    return { sent: this.#sent, received: this.#received, dropped: 0 };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#made.forget();
    this.#made.post({ type: "disconnect", link: this.#made.number });
  }

  arrived(frames: Frames): void {
    invariant(!this.#isClosed, "a closed link is forgotten");
    this.#received += 1;
    this.#options.receive(frames);
  }

  opened(): void {
    this.#options.opened?.();
  }
}

function notServed(endpoint: string): TqError {
  const message = `Endpoint "${endpoint}": a worker on a thread only connects, and has no pipes.`;
  return new TqError("TQ_ERR_INVALID_ENDPOINT", message, { details: { endpoint } });
}
