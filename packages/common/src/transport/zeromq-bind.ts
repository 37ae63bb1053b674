/** How every bound socket comes and goes, and what is said when its address cannot be had. */
import { rmSync } from "node:fs";
import { invariant, TqError } from "../contract/index.ts";
import { parseEndpoint } from "./endpoint.ts";
import { listenToSocket } from "./socket-events.ts";
import {
  errorCode,
  type Pull,
  type Push,
  type Router,
  type XPublisher,
  type XSubscriber,
} from "./zeromq-sockets.ts";

type BoundSocket = Router | Push | Pull | XPublisher | XSubscriber;

/**
 * Gives the endpoint, wildcards resolved.
 *
 * @throws TQ_ERR_ADDRESS_IN_USE or TQ_ERR_BIND_FAILED; the socket is closed then.
 */
export async function bindSocket(socket: BoundSocket, address: string): Promise<string> {
  try {
    await socket.bind(address);
  } catch (error) {
    socket.close();
    throw bindError(address, error);
  }
  const endpoint = socket.lastEndpoint;
  invariant(endpoint !== null, "a bound socket knows its endpoint");
  return endpoint;
}

/**
 * Resolves when the address is free.
 *
 * Not unbound first: the library does that in another thread, while a receive is pending on the socket, which only one
 * thread may use at a time. A close frees the address as well; the I/O thread does it, some time later.
 */
export async function closeSocket(socket: BoundSocket): Promise<void> {
  removeFile(socket.lastEndpoint);
  const ended = listenToSocket(socket.events, () => {});
  socket.close();
  await ended;
}

/**
 * The library leaves the file of a Unix socket behind. It goes before the socket does: afterwards it may be another
 * process's.
 */
function removeFile(endpoint: string | null): void {
  const parsed = endpoint === null ? undefined : parseEndpoint(endpoint);
  if (parsed?.kind !== "ipc" || parsed.path.startsWith("@")) return;
  try {
    rmSync(parsed.path, { force: true });
  } catch {
    // The folder may not be written any more. A file that is left harms nobody: the next bind takes it over.
  }
}

export function addressInUse(endpoint: string, cause?: unknown): TqError {
  return new TqError(
    "TQ_ERR_ADDRESS_IN_USE",
    `${endpoint} is taken by another socket. Stop that one, or bind another address.`,
    { details: { endpoint }, cause },
  );
}

function bindError(endpoint: string, cause: unknown): TqError {
  if (errorCode(cause) === "EADDRINUSE") return addressInUse(endpoint, cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TqError(
    "TQ_ERR_BIND_FAILED",
    `${endpoint} cannot be bound (${reason}). It must be an address of this machine, or a path that can be written.`,
    { details: { endpoint }, cause },
  );
}
