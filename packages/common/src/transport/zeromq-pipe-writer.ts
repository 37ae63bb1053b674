/**
 * What both writing ends of ZeroMQ's one-way pipes share: one message at a time is on its way into a socket.
 *
 * A send waits (`sendTimeout` −1) while all pipes are full: that one waiting message is the only thing by which the
 * library tells that there is room again. A send that finds room is over by the next microtask.
 */
import { invariant } from "../contract/index.ts";
import type { Frames, LinkStats } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import { errorCode, type Push } from "./zeromq-sockets.ts";

export class PipeWriter {
  readonly #drained: () => void;
  readonly #counters = new LinkCounters();
  #isBusy = false;
  #isDrainWanted = false;
  #isClosing = false;
  #left: (() => void) | undefined;

  constructor(drained: () => void) {
    this.#drained = drained;
  }

  /** Whether a message can be handed over, given that somebody is there to take it. If not, `drained` is owed. */
  isWritable(isSomebodyThere: boolean): boolean {
    const isWritable = isSomebodyThere && !this.#isBusy && !this.#isClosing;
    if (!isWritable) this.#isDrainWanted = true;
    return isWritable;
  }

  send(socket: Push | undefined, frames: Frames): void {
    invariant(
      socket !== undefined && !this.#isBusy,
      "a message is handed over only while the link is writable",
    );
    this.#isBusy = true;
    this.#counters.countSend(true);
    void this.#write(socket, frames);
  }

  /** There may be room: somebody came, or a message has left. */
  roomMade(): void {
    if (!this.#isDrainWanted || this.#isBusy || this.#isClosing) return;
    this.#isDrainWanted = false;
    this.#drained();
  }

  /** Takes nothing more; resolves when the message that waits has found room, if it does in time. */
  close(lingerMs: number): Promise<void> {
    this.#isClosing = true;
    if (!this.#isBusy) return Promise.resolve();
    return new Promise((resolve) => {
      const timeout = setTimeout(resolve, lingerMs);
      this.#left = () => {
        clearTimeout(timeout);
        resolve();
      };
    });
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  async #write(socket: Push, frames: Frames): Promise<void> {
    let isTaken = await take(socket, frames);
    // There was room a moment ago: the only reader that had some has just left.
    while (!isTaken && !socket.closed) isTaken = await take(socket, frames);
    if (!isTaken) this.#counters.countRefusal();
    this.#isBusy = false;
    this.#left?.();
    if (isTaken && !socket.closed) this.roomMade();
  }
}

/** False if it was refused: by a close, or because a reader left in between. */
async function take(socket: Push, frames: Frames): Promise<boolean> {
  try {
    await socket.send([...frames]);
    return true;
  } catch (error) {
    if (errorCode(error) === "EAGAIN") return false;
    throw error;
  }
}
