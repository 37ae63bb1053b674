/**
 * Whether a Unix socket may be bound at a path. The library would not ask: it removes whatever file is there, since a process
 * that crashed leaves one behind. So it would take the address away from a process that lives, and a document from its owner.
 */
import { lstat } from "node:fs/promises";
import { connect } from "node:net";
import { TqError } from "../contract/index.ts";
import { addressInUse } from "./zeromq-bind.ts";
import { errorCode } from "./zeromq-sockets.ts";

/** Errors: `TQ_ERR_ADDRESS_IN_USE`; `TQ_ERR_BIND_FAILED` if something else than a socket is there. */
export async function assertIpcBindable(endpoint: string, path: string): Promise<void> {
  if (await isOccupied(path)) {
    const message = `${endpoint} cannot be bound: what is there is no socket, and it is left alone. Name a path of its own.`;
    throw new TqError("TQ_ERR_BIND_FAILED", message, { details: { endpoint } });
  }
  if (await isListening(path)) throw addressInUse(endpoint);
}

/** By a file, a folder or a link. What cannot be looked at is left to the bind to complain of. */
async function isOccupied(path: string): Promise<boolean> {
  if (path.startsWith("@")) return false;
  try {
    return !(await lstat(path)).isSocket();
  } catch {
    return false;
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path.startsWith("@") ? `\0${path.slice(1)}` : path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    // Whoever is too busy to answer, or lets only others in, is there all the same.
    probe.once("error", (error) => resolve(["EAGAIN", "EACCES", "EPERM"].includes(errorCode(error) ?? "")));
  });
}
