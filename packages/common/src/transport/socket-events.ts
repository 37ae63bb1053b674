/**
 * What the I/O thread says of a socket's connections. Whoever begins to listen listens to the end: events that nobody
 * reads pile up, and at some two thousand the I/O thread stands still.
 */
import { errorCode, type Observer } from "./zeromq-sockets.ts";

export type SocketEvent = Awaited<ReturnType<Observer["receive"]>>["type"];

/** Calls `heard` for each event, the last being "end": the socket is closed, and has nothing more to send. */
export async function listenToSocket(observer: Observer, heard: (event: SocketEvent) => void): Promise<void> {
  for (;;) {
    const event = await nextEvent(observer);
    heard(event);
    if (event === "end") return;
  }
}

/** Resolves when the listening socket of a closed one is closed, too: the I/O thread does that, a little later. */
export async function listenerClosed(observer: Observer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    listenToSocket(observer, (event) => {
      if (event === "close" || event === "end") resolve();
    }).catch(reject);
  });
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
