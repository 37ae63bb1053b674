/**
 * One direction of a connection through a proxy: what comes in goes out in its order, later or changed if told so, or not
 * at all for now.
 */
import type { Socket } from "node:net";
import { MessageStarts } from "./message-starts.ts";

/** Held back in a relay; beyond it the sender waits, as at any other full connection. */
const heldBytesMax = 1024 * 1024;

interface Held {
  readonly bytes: Buffer;
  readonly dueAt: number;
}

export class TcpRelay {
  /** Each byte is passed on so much later, from now on. */
  delayMs = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #messageStarts = new MessageStarts();
  readonly #onFlip: () => void;
  #held: Held[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #isPaused = false;
  #isFull = false;
  #flips = 0;

  constructor(from: Socket, to: Socket, onFlip: () => void) {
    this.#from = from;
    this.#to = to;
    this.#onFlip = onFlip;
    from.setNoDelay(true);
    from.on("data", (bytes) => this.#take(bytes));
    to.on("drain", () => {
      this.#isFull = false;
      this.#settle();
    });
  }

  pause(): void {
    this.#isPaused = true;
    this.#settle();
  }

  resume(): void {
    this.#isPaused = false;
    this.#settle();
  }

  /** Of the next message one bit is turned round: the first byte of its first frame, so that whoever reads it must notice. */
  flip(): void {
    this.#flips += 1;
  }

  /** The connection has ended: what is held is lost. */
  end(): void {
    clearTimeout(this.#timer);
    this.#held = [];
    this.#heldBytes = 0;
  }

  #take(bytes: Buffer): void {
    const starts = this.#messageStarts.in(bytes);
    for (const start of starts.slice(0, this.#flips)) {
      bytes.writeUInt8(bytes.readUInt8(start) ^ 0x40, start);
      this.#flips -= 1;
      this.#onFlip();
    }
    this.#held.push({ bytes, dueAt: performance.now() + this.delayMs });
    this.#heldBytes += bytes.length;
    this.#settle();
  }

  /** Passes on what is due, and reads on if there is room. Not `pipe`: that resumes a source that was paused here. */
  #settle(): void {
    clearTimeout(this.#timer);
    while (!this.#isPaused && !this.#isFull) {
      const [next] = this.#held;
      if (next === undefined) break;
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#settle(), waitMs);
        break;
      }
      this.#held.shift();
      this.#heldBytes -= next.bytes.length;
      this.#isFull = !this.#to.write(next.bytes);
    }
    if (this.#isPaused || this.#isFull || this.#heldBytes > heldBytesMax) this.#from.pause();
    else this.#from.resume();
  }
}
