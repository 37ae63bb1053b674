/** A process of the demo, as its parent sees it: messages to wait for, and an end that is expected or not. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { describeEnd, forkSibling, sendTo } from "../processes/fork-child.ts";

export class Child<Incoming extends { readonly type: string }, Outgoing extends object> {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<string>;

  /** `entry`: a module beside this one, without its ending. */
  constructor(name: string, entry: string) {
    this.name = name;
    this.#process = forkSibling(entry, import.meta.url);
    this.#exited = once(this.#process, "exit").then(([exitCode, signal]) => describeEnd(exitCode, signal));
    // Told by "exit" where it matters.
    this.#process.on("error", () => {});
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Resolves with how it ended: "signal SIGKILL". */
  get exited(): Promise<string> {
    return this.#exited;
  }

  send(message: Outgoing): void {
    sendTo(this.#process, message);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  onMessage(take: (message: Incoming) => void): void {
    this.#process.on("message", (message) => take(message as Incoming));
  }

  /** The next message of that type. Rejects when the process ends, or fails, before. */
  next<Type extends Incoming["type"]>(type: Type): Promise<Extract<Incoming, { type: Type }>> {
    const { promise, resolve, reject } = Promise.withResolvers<Extract<Incoming, { type: Type }>>();
    const take = (message: unknown) => {
      const incoming = message as Incoming;
      if (incoming.type === type) resolve(incoming as Extract<Incoming, { type: Type }>);
      else if (incoming.type === "failed")
        reject(new Error(`${this.name}: ${Reflect.get(incoming, "message")}`));
    };
    this.#process.on("message", take);
    void this.#exited.then((end) => reject(new Error(`${this.name} ended: ${end}`)));
    return promise.finally(() => this.#process.off("message", take));
  }
}
