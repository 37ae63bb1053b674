/** The writing end of one-way pipes, binding or connecting: to one of the readers with room, in turn. */
import { type Frames, linkLimits } from "@tq/common/transport";
import type { Network } from "./network.ts";
import type { Reader } from "./pipe.ts";

export interface PushEnd {
  readonly isWritable: boolean;
  send(frames: Frames): void;
  close(): void;
  crash(): void;
}

export interface PushEndOptions {
  readonly name: string;
  readonly writer: Reader;
  /** It was asked in vain whether it is writable, and is now. */
  readonly drained: () => void;
}

const messagesMax = linkLimits.pushMessagesMax;

export const pipeLimit = { messagesMax };

/** Whoever asked in vain is told once. */
class Drain {
  readonly #options: PushEndOptions;
  #isWanted = false;

  constructor(options: PushEndOptions) {
    this.#options = options;
  }

  asked(isWritable: boolean): boolean {
    if (!isWritable) this.#isWanted = true;
    return isWritable;
  }

  readonly roomMade = (): void => {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#options.writer.whenFree(this.#options.drained);
  };
}

export function bindPush(network: Network, options: PushEndOptions): PushEnd {
  const drain = new Drain(options);
  const { roomMade } = drain;
  const server = network.bind(options.name, options.writer, { received: () => {}, roomMade, messagesMax });
  let last = "";
  return {
    get isWritable() {
      return drain.asked(server.routesWithRoom().length > 0);
    },
    send(frames) {
      const routes = server.routesWithRoom();
      last = routes[(routes.indexOf(last) + 1) % routes.length] ?? "";
      server.send(last, frames);
    },
    close: () => server.crash(),
    crash: () => server.crash(),
  };
}

export function connectPush(network: Network, options: PushEndOptions): PushEnd {
  const drain = new Drain(options);
  const { roomMade } = drain;
  const client = network.connect(options.name, options.writer, {
    received: () => {},
    opened: roomMade,
    roomMade,
  });
  return {
    get isWritable() {
      return drain.asked(client.hasRoom);
    },
    send: (frames) => void client.send(frames),
    close: () => client.close(),
    crash: () => client.crash(),
  };
}
