/**
 * Sees to it that no process of a run outlives it, however the run ends: a child that was stopped by a signal does not
 * notice that its parent has died. A small process is told who is alive, and ends them when its standard input closes.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("./reaper-process.ts", import.meta.url));

export class Reaper implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, null, null>;
  readonly #ended: Promise<unknown>;

  constructor() {
    // A group of its own: what ends a whole group, as Ctrl-C does, leaves it to do its work.
    this.#process = spawn(process.execPath, [entry], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    this.#process.stdin.on("error", () => {});
    this.#ended = once(this.#process, "close");
  }

  watch(pid: number): void {
    this.#process.stdin.write(`+${pid}\n`);
  }

  /** It has ended: its number may be another process's by now. */
  forget(pid: number): void {
    this.#process.stdin.write(`-${pid}\n`);
  }

  /** Ends all that are left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
  }
}
