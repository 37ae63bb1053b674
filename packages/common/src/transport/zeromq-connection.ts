/**
 * One connection of a connecting end: a socket that is thrown away when its connection ends, and never reconnects by itself.
 *
 * Why not leave reconnecting to the library:
 * - What it has queued survives, and reaches the peer's next incarnation before anything else. Its remedy (`immediate`)
 *   throws away what was received but not read when the connection ended: a server's last words.
 * - After a protocol error (something else answered at that address) or a final refusal it stops, and says nothing. A peer
 *   whose first bytes look like those of a very old version is kept for ever without a handshake.
 */
import type { Gate } from "./gate.ts";
import type { Frames } from "./link.ts";
import { nextTurn, passage, receiveLoop } from "./receive-loop.ts";
import { listenToSocket, type SocketEvent } from "./socket-events.ts";
import type { Dealer, Pull, Push, XPublisher, XSubscriber } from "./zeromq-sockets.ts";

export type ConnectionSocket = Dealer | Push | Pull | XPublisher | XSubscriber;

export interface ConnectionPort<Socket extends ConnectionSocket> {
  readonly socket: Socket;
  readonly address: string;
  /** From a connection to the end of its handshake, at most. */
  readonly handshakeMs: number;
  /** Heard once and then nothing for this long: the connection is given up. Infinity: whoever is there may be silent. */
  readonly silenceMs: number;
  /** Shut: nothing is read. Default: always open. */
  readonly gate?: Gate | undefined;
}

export interface ConnectionHandlers {
  /** The handshake is done: what is sent now goes to the peer. */
  readonly opened: () => void;
  readonly receive: (frames: Frames) => void;
  /** It is over, or never came about; all that had arrived is received. Not called after `close`. */
  readonly ended: () => void;
}

/** What a connecting end talks through until it ends. */
export interface Connection<Socket extends ConnectionSocket> {
  readonly isOpen: boolean;
  /** To talk through while the connection is open. */
  readonly socket: Socket | undefined;
  /**
   * Resolves when what was sent has left, or its time is up, and every socket has ended. `ended` is not called then.
   * `lingerMs`: that time; default: as the socket was made.
   */
  close(lingerMs?: number): Promise<void>;
}

/** So many looks without a message make a silence: one look per silence would find it after up to two. */
const looksPerSilence = 8;

/** A read that is not pending takes two turns at most. */
const idleTurnsMax = 8;

/** connecting → open → ending → closed, and from each state to each later one. */
type State = "connecting" | "open" | "ending" | "closed";

export class ZeromqConnection<Socket extends ConnectionSocket = ConnectionSocket>
  implements Connection<Socket>
{
  readonly socket: Socket;
  readonly #handlers: ConnectionHandlers;
  readonly #handshakeMs: number;
  readonly #silenceMs: number;
  readonly #gate: Gate | undefined;
  readonly #socketEnded: Promise<void>;
  #state: State = "connecting";
  #handshakeTimeout: NodeJS.Timeout | undefined;
  #silenceInterval: NodeJS.Timeout | undefined;
  /** Looks since something came. */
  #silentLooks = 0;
  /** Turns of the event loop, while it ends, since something came. */
  #idleTurns = 0;
  /** Whoever made it wants no more of it. */
  #isLeft = false;

  constructor(port: ConnectionPort<Socket>, handlers: ConnectionHandlers) {
    const { socket, address, gate } = port;
    this.socket = socket;
    this.#handshakeMs = port.handshakeMs;
    this.#silenceMs = port.silenceMs;
    this.#gate = gate;
    this.#handlers = handlers;
    this.#socketEnded = listenToSocket(socket.events, this.#heard);
    if ("receive" in socket) void receiveLoop(socket, this.#received, gate);
    socket.connect(address);
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  async close(lingerMs?: number): Promise<void> {
    this.#isLeft = true;
    await this.#closeSocket(lingerMs);
  }

  async #closeSocket(lingerMs?: number): Promise<void> {
    if (lingerMs !== undefined && !this.socket.closed) this.socket.linger = lingerMs;
    this.#state = "closed";
    clearTimeout(this.#handshakeTimeout);
    clearInterval(this.#silenceInterval);
    this.socket.close();
    await this.#socketEnded;
  }

  /** Begins with the first message: a server that never says anything (to a heart, for one) may go on so. */
  readonly #received = (frames: Frames): void => {
    this.#silentLooks = 0;
    this.#idleTurns = 0;
    const isWatched = this.#state === "open" && this.#silenceMs !== Number.POSITIVE_INFINITY;
    if (isWatched) this.#silenceInterval ??= setInterval(this.#listen, this.#silenceMs / looksPerSilence);
    this.#handlers.receive(frames);
  };

  readonly #listen = (): void => {
    // A process that was stuck looks once, and reads what lies there before it looks again.
    if (this.#gate?.isShut) this.#silentLooks = 0;
    else this.#silentLooks += 1;
    if (this.#silentLooks > looksPerSilence) void this.#end();
  };

  readonly #heard = (event: SocketEvent): void => {
    switch (event) {
      case "connect":
        // Heard after `close`, too, if the I/O thread was quicker: then nobody would clear the timer.
        if (this.#state !== "connecting") break;
        this.#handshakeTimeout = setTimeout(this.#end, this.#handshakeMs);
        break;
      case "handshake":
        clearTimeout(this.#handshakeTimeout);
        if (this.#state !== "connecting") break;
        this.#state = "open";
        this.#handlers.opened();
        break;
      case "disconnect":
      case "connect:retry":
      case "handshake:error:protocol":
      case "handshake:error:auth":
      case "handshake:error:other":
        void this.#end();
        break;
    }
  };

  /**
   * What had arrived before the end is still read; the library reports an end as soon as it sees it.
   *
   * Whoever asks whether a socket is readable takes away the notice that a pending read waits for, and that read then waits for
   * ever, beside a socket that stays readable. So a pending read has its turn first, and is not waited for without end.
   */
  readonly #end = async (): Promise<void> => {
    if (this.#state === "ending" || this.#state === "closed") return;
    this.#state = "ending";
    clearTimeout(this.#handshakeTimeout);
    clearInterval(this.#silenceInterval);
    this.#idleTurns = 0;
    await nextTurn();
    await nextTurn();
    while (!this.socket.closed && (this.#gate?.isShut || this.socket.readable)) {
      await passage(this.#gate);
      await nextTurn();
      this.#idleTurns += 1;
      if (this.#idleTurns > idleTurnsMax) break;
    }
    if (this.socket.closed) return;
    this.socket.linger = 0;
    await this.#closeSocket();
    if (!this.#isLeft) this.#handlers.ended();
  };
}
