/** The ends of links in a worker's thread: what is sent is posted to the main thread, which has the link itself. */
import { invariant } from "@tq/common/contract";
import type {
  ClientLink,
  ConnectOptions,
  Frames,
  LinkStats,
  PullLink,
  PullOptions,
  PushLink,
  PushOptions,
} from "@tq/common/transport";
import { detachable, type FromThread, type ToEnd } from "./thread-messages.ts";

/** What is posted, and what is given away with it. */
export type Post = (message: FromThread, transfer?: readonly ArrayBuffer[]) => void;

export interface ThreadEndOptions {
  /** Its number, in this thread. */
  readonly link: number;
  readonly post: Post;
  /** Called when it is closed. */
  readonly forget: () => void;
}

abstract class ThreadEnd {
  protected readonly made: ThreadEndOptions;
  protected isClosed = false;
  #sent = 0;
  #received = 0;

  constructor(made: ThreadEndOptions) {
    this.made = made;
  }

  /** What the main thread says of it. */
  abstract take(message: ToEnd): void;

  /** What is dropped is counted where the link itself is. */
  stats(): LinkStats {
    return { sent: this.#sent, received: this.#received, dropped: 0 };
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.made.forget();
    this.made.post({ type: "disconnect", link: this.made.link });
  }

  protected post(frames: Frames): void {
    this.#sent += 1;
    const { frames: copies, transfer } = detachable(frames);
    this.made.post({ type: "frames", link: this.made.link, frames: copies }, transfer);
  }

  protected countReceived(): void {
    this.#received += 1;
  }
}

export class ThreadLink extends ThreadEnd implements ClientLink {
  readonly #options: ConnectOptions;

  constructor(made: ThreadEndOptions, options: ConnectOptions) {
    super(made);
    this.#options = options;
  }

  send(frames: Frames): void {
    if (!this.isClosed) this.post(frames);
  }

  take(message: ToEnd): void {
    if (message.type === "opened") this.#options.opened?.();
    if (message.type !== "frames") return;
    this.countReceived();
    this.#options.receive(message.frames);
  }
}

/** One message at a time: the main thread says when there is room for the next. */
export class ThreadPush extends ThreadEnd implements PushLink {
  readonly endpoint: string;
  readonly #options: PushOptions;
  #hasRoom = false;
  #isWanted = false;

  constructor(made: ThreadEndOptions, endpoint: string, options: PushOptions) {
    super(made);
    this.endpoint = endpoint;
    this.#options = options;
  }

  get isWritable(): boolean {
    const isWritable = this.#hasRoom && !this.isClosed;
    if (!isWritable) this.#isWanted = true;
    return isWritable;
  }

  send(frames: Frames): void {
    invariant(this.#hasRoom, "a message is handed over only while the link is writable");
    this.#hasRoom = false;
    this.post(frames);
  }

  take(message: ToEnd): void {
    if (message.type !== "room") return;
    this.#hasRoom = true;
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#options.drained();
  }
}

/** Says of each message that it has taken it: the main thread lets only a few be under way. */
export class ThreadPull extends ThreadEnd implements PullLink {
  readonly endpoint: string;
  readonly #options: PullOptions;
  #isPaused = false;
  /** Came while it was paused. */
  #held: Frames[] = [];

  constructor(made: ThreadEndOptions, endpoint: string, options: PullOptions) {
    super(made);
    this.endpoint = endpoint;
    this.#options = options;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    // Not inside of this call: its caller is in the midst of something.
    if (this.#held.length > 0) setImmediate(() => this.#deliver());
  }

  take(message: ToEnd): void {
    if (message.type === "opened") this.#options.opened?.();
    if (message.type !== "frames") return;
    this.#held.push(message.frames);
    this.#deliver();
  }

  #deliver(): void {
    while (!this.#isPaused && !this.isClosed) {
      const frames = this.#held.shift();
      if (frames === undefined) return;
      this.made.post({ type: "took", link: this.made.link });
      this.countReceived();
      this.#options.receive(frames);
    }
  }
}
