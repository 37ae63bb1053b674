/**
 * Names within the process, each held by one socket at most. No two threads share a variable; what they share, and what
 * lets go of a name when its thread ends, is ZeroMQ's table of inproc names. Nothing is ever sent over those sockets.
 */
import { setTimeout } from "node:timers/promises";
import { isTqError } from "../contract/index.ts";
import { linkLimits } from "./limits.ts";
import { addressInUse, bindSocket, closeSocket } from "./zeromq-bind.ts";
import { createHolder, type Router } from "./zeromq-sockets.ts";

export class InprocName {
  readonly endpoint: string;
  readonly #holder: Router;

  private constructor(endpoint: string, holder: Router) {
    this.endpoint = endpoint;
    this.#holder = holder;
  }

  /**
   * A taken name is tried for a while: that of a thread which has just ended is let go of by another thread, some time later.
   *
   * Errors: `TQ_ERR_ADDRESS_IN_USE`.
   */
  static async take(name: string): Promise<InprocName> {
    const endpoint = `inproc://${name}`;
    for (let triesLeft = linkLimits.inprocNameTries; ; triesLeft--) {
      const holder = createHolder();
      try {
        await bindSocket(holder, `inproc://tq/${name}`);
        return new InprocName(endpoint, holder);
      } catch (error) {
        if (!isTqError(error, "TQ_ERR_ADDRESS_IN_USE")) throw error;
        if (triesLeft <= 1) throw addressInUse(endpoint, error.cause);
      }
      await setTimeout(linkLimits.inprocNameRetryMs);
    }
  }

  /** Resolves when the name is free. */
  release(): Promise<void> {
    return closeSocket(this.#holder);
  }
}
