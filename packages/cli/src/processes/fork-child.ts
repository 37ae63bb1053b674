/**
 * Child processes of a `tq` command: how they are started, and what ties their life to their parent's.
 *
 * Children are plain `node` with a file of this package. Their stdout goes to the parent's stderr, because the parent's
 * stdout holds data that somebody parses, and a handler may print whatever it likes.
 */
import { type ChildProcess, fork } from "node:child_process";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Starts the module `name` that stands beside the module with this `import.meta.url`, be it source or built. */
export function forkSibling(name: string, importMetaUrl: string): ChildProcess {
  const here = fileURLToPath(importMetaUrl);
  const entry = join(dirname(here), basename(name) + extname(here));
  return fork(entry, [], { stdio: ["ignore", 2, 2, "ipc"], serialization: "advanced" });
}

/** How a process ended, in words: "signal SIGKILL", "exit code 1". */
export function describeEnd(exitCode: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
}

/** Sends, where there still is somebody to send to. */
export function sendTo(child: ChildProcess, message: object): void {
  // A channel that breaks under the message is told by "exit", to whoever watches the child.
  if (child.connected) child.send(message, () => {});
}
