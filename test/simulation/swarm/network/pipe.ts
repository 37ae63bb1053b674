/**
 * One direction of one connection. It keeps order unless a message is put in to be overtaken, holds only so many, and
 * gives them to a process when that turns: while the process stands still they stay here, and later ones find no room.
 */
import type { Frames, Scheduler } from "@tq/common/transport";
import type { Gate } from "../../../../packages/common/src/transport/gate.ts";

interface Held {
  readonly at: number;
  readonly frames: Frames;
}

/** Whoever reads: runs things when its loop turns. */
export interface Reader {
  whenFree(run: () => void): void;
}

export interface PipeOptions {
  readonly clock: Scheduler;
  readonly reader: Reader;
  readonly gate: Gate;
  readonly messagesMax: number;
  readonly deliver: (frames: Frames) => void;
  /** It was full and is not any more. */
  readonly roomMade: () => void;
}

export class Pipe {
  readonly #options: PipeOptions;
  #held: Held[] = [];
  #lastAt = 0;
  #isClosed = false;

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  get hasRoom(): boolean {
    return !this.#isClosed && this.#held.length < this.#options.messagesMax;
  }

  /** When the newest message is due. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** False if it is full. `isOvertaken`: later ones may come before it. */
  put(frames: Frames, at: number, isOvertaken = false): boolean {
    if (!this.hasRoom) return false;
    const dueAt = isOvertaken ? at : Math.max(at, this.#lastAt);
    if (!isOvertaken) this.#lastAt = dueAt;
    const place = this.#held.findLastIndex((held) => held.at <= dueAt) + 1;
    this.#held.splice(place, 0, { at: dueAt, frames });
    this.#options.clock.schedule(dueAt, this.#due);
    return true;
  }

  /** Nothing more is taken; what the sender had given to its kernel, the first `count`, still arrives. Gives the others. */
  close(count: number): Frames[] {
    this.#isClosed = true;
    return this.#held.splice(count).map(({ frames }) => frames);
  }

  get count(): number {
    return this.#held.length;
  }

  readonly #due = (): void => this.#options.reader.whenFree(this.#deliver);

  readonly #deliver = (): void => {
    const { clock, gate, messagesMax, deliver, roomMade } = this.#options;
    const wasFull = this.#held.length >= messagesMax;
    while (!gate.isShut) {
      const first = this.#held[0];
      if (first === undefined || first.at > clock.now()) break;
      this.#held.shift();
      deliver(first.frames);
    }
    if (gate.isShut && this.#held.length > 0) gate.whenOpened(this.#due);
    if (wasFull && this.hasRoom) roomMade();
  };
}
