/**
 * The transport of a worker on a thread: its links are made by the main thread, which passes the frames on. It binds
 * nothing, as a worker never does.
 *
 * Messages between threads and not `inproc`: a thread that runs users' code may end at any moment, by `process.exit` or
 * for want of memory, and a thread that ends while a native socket waits takes the process with it.
 */
import { TqError } from "@tq/common";
import type {
  ClientLink,
  ConnectOptions,
  PullLink,
  PullOptions,
  PushLink,
  PushOptions,
  Transport,
} from "@tq/common/transport";
import { type Post, type ThreadEndOptions, ThreadLink, ThreadPull, ThreadPush } from "./thread-ends.ts";
import type { LinkKind, ToEnd } from "./thread-messages.ts";

export class ThreadTransport implements Transport {
  readonly #post: Post;
  readonly #ends = new Map<number, ThreadLink | ThreadPush | ThreadPull>();
  #lastLink = 0;

  constructor(post: Post) {
    this.#post = post;
  }

  bind(endpoint: string): Promise<never> {
    return refuseBind(endpoint);
  }

  bindPush(endpoint: string): Promise<never> {
    return refuseBind(endpoint);
  }

  bindPull(endpoint: string): Promise<never> {
    return refuseBind(endpoint);
  }

  connect(endpoint: string, options: ConnectOptions): ClientLink {
    return this.#connect("client", endpoint, (made) => new ThreadLink(made, options));
  }

  connectPush(endpoint: string, options: PushOptions): PushLink {
    return this.#connect("push", endpoint, (made) => new ThreadPush(made, endpoint, options));
  }

  connectPull(endpoint: string, options: PullOptions): PullLink {
    return this.#connect("pull", endpoint, (made) => new ThreadPull(made, endpoint, options));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#ends.values()].map((end) => end.close()));
  }

  /** What the main thread says of a link. It may have been closed while this was under way. */
  take(message: ToEnd): void {
    this.#ends.get(message.link)?.take(message);
  }

  #connect<End extends ThreadLink | ThreadPush | ThreadPull>(
    kind: LinkKind,
    endpoint: string,
    make: (made: ThreadEndOptions) => End,
  ): End {
    this.#lastLink += 1;
    const link = this.#lastLink;
    const end = make({ link, post: this.#post, forget: () => this.#ends.delete(link) });
    this.#ends.set(link, end);
    this.#post({ type: "connect", kind, link, endpoint });
    return end;
  }
}

function refuseBind(endpoint: string): Promise<never> {
  const message = `Endpoint "${endpoint}": a worker on a thread binds nothing.`;
  return Promise.reject(new TqError("TQ_ERR_INVALID_ENDPOINT", message, { details: { endpoint } }));
}
