/**
 * Reads a socket for as long as it is open. Messages that are there already follow each other within one turn of the
 * event loop, up to a limit; then timers and other sockets have their turn.
 */
import type { Gate } from "./gate.ts";
import { linkLimits } from "./limits.ts";
import { errorCode } from "./zeromq-sockets.ts";

export interface ReadSide {
  readonly closed: boolean;
  receive(): Promise<Buffer[]>;
}

export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Starts in the next turn, so that nothing arrives before whoever opened the link knows it. Returns when the socket is
 * closed; `deliver` is not called any more then. A throw of `deliver` is a bug, and ends the process as one.
 *
 * While the gate is shut nothing is delivered. The read that was pending when it shut may still bring one message, which
 * is held until it opens; the rest stays in the socket.
 */
export async function receiveLoop(
  socket: ReadSide,
  deliver: (message: Buffer[]) => void,
  gate?: Gate,
): Promise<void> {
  for (let count = 0; ; count++) {
    if (count % linkLimits.messagesPerTurnMax === 0) await nextTurn();
    if (gate?.isShut) await passage(gate);
    if (socket.closed) return;
    const message = await receiveOne(socket);
    if (gate?.isShut) await passage(gate);
    if (socket.closed) return;
    if (message !== undefined) deliver(message);
  }
}

/** Resolves when the gate stands open. */
export async function passage(gate: Gate | undefined): Promise<void> {
  while (gate?.isShut) await new Promise<void>((resolve) => gate.whenOpened(resolve));
}

/** A close ends the pending receive with EAGAIN. */
async function receiveOne(socket: ReadSide): Promise<Buffer[] | undefined> {
  try {
    return await socket.receive();
  } catch (error) {
    if (socket.closed || errorCode(error) === "EAGAIN") return undefined;
    throw error;
  }
}
