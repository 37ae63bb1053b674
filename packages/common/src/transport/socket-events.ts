/**
 * What the I/O thread says of a socket's connections. Whoever begins to listen listens to the end: events that nobody
 * reads pile up, and at some two thousand the I/O thread stands still.
 */
import { errorCode, type Observer } from "./zeromq-sockets.ts";

export type SocketEvent = Awaited<ReturnType<Observer["receive"]>>["type"];

/**
 * Calls `heard` for each event, and resolves at the last, "end": the socket is closed, has nothing more to send, and its
 * address is free. Until then a thread must not end, or the library takes the whole process with it.
 */
export async function listenToSocket(observer: Observer, heard: (event: SocketEvent) => void): Promise<void> {
  for (;;) {
    const event = await nextEvent(observer);
    heard(event);
    if (event === "end") return;
  }
}

async function nextEvent(observer: Observer): Promise<SocketEvent> {
  try {
    return (await observer.receive()).type;
  } catch (error) {
    // The context is gone, and every socket with it.
    if (errorCode(error) === "ETERM") return "end";
    throw error;
  }
}
