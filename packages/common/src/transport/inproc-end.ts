/**
 * One end of a connection within the process, also from thread to thread: a broadcast channel that two ends alone know.
 *
 * Messages are copied, as a network would: no two threads, and no handler and caller, ever hold the same memory. ZeroMQ's own
 * inproc passes memory on instead; when the thread that had allocated it ends first, the reader is left with freed memory, and
 * the process hangs or aborts. It also says nothing of connections made or lost.
 *
 * A channel has no bounds and does not say when the other end is gone with its thread: so what was read is acknowledged, and a
 * silent end is asked whether it is there.
 */
import { BroadcastChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Gate } from "./gate.ts";
import { linkLimits } from "./limits.ts";
import type { Frames } from "./link.ts";

export interface EndOptions {
  /** Messages that may be unread at the other end. */
  readonly messagesMax: number;
  /** Nothing heard for so long, although asked: the other end is gone. */
  readonly silenceMs: number;
  /** While shut, what arrives is kept unread. Default: always open. */
  readonly gate?: Gate | undefined;
}

export interface EndHandlers {
  /** The bound end has answered; `by` is different at each bind. */
  readonly welcomed?: ((by: string) => void) | undefined;
  readonly receive: (frames: Frames) => void;
  /** A message could be handed over again. */
  readonly roomMade?: (() => void) | undefined;
  /** The other end has closed or is gone; all that had arrived is received. Not called after `close`. */
  readonly ended: () => void;
}

type Control =
  | { readonly type: "welcome"; readonly by: string }
  | { readonly type: "read"; readonly count: number }
  | { readonly type: "ask" | "here" | "bye" };

export class InprocEnd {
  /** Drawn by the connecting end; the route at the bound end. */
  readonly connection: string;
  readonly #options: EndOptions;
  readonly #handlers: EndHandlers;
  readonly #channel: BroadcastChannel;
  #looks: NodeJS.Timeout | undefined;
  #unread: (Frames | "bye")[] = [];
  /** Sent, and not yet read at the other end. */
  #underWay = 0;
  /** Read here, and not yet acknowledged. */
  #unsaid = 0;
  #hasHeard = false;
  #hasAsked = false;
  #isAtGate = false;
  #isClosed = false;

  constructor(connection: string, options: EndOptions, handlers: EndHandlers) {
    this.connection = connection;
    this.#options = options;
    this.#handlers = handlers;
    this.#channel = new BroadcastChannel(`tq:inproc:connection:${connection}`);
    this.#channel.onmessage = (event: unknown) => this.#heard((event as { data: Frames | Control }).data);
  }

  /** From now on there should be somebody at the other end. */
  watch(): void {
    // Looked at the end of a turn: what lies unread was heard, it is this thread that was stuck.
    this.#looks ??= setInterval(() => setImmediate(this.#look), this.#options.silenceMs / 2);
  }

  get hasRoom(): boolean {
    if (this.#isClosed) return false;
    if (this.#underWay >= this.#options.messagesMax) this.#catchUp();
    return this.#underWay < this.#options.messagesMax;
  }

  /** Only while there is room. */
  send(frames: Frames): void {
    this.#underWay += 1;
    this.#channel.postMessage(frames.map(detached));
  }

  welcome(by: string): void {
    this.#say({ type: "welcome", by });
  }

  /** The other end is gone without a word. What it had sent is still received. */
  abandon(): void {
    this.#catchUp();
    this.#unread.push("bye");
  }

  /** What was sent still arrives, what lies unread is lost. Harmless twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#say({ type: "bye" });
    this.#isClosed = true;
    this.#unread = [];
    clearInterval(this.#looks);
    this.#channel.close();
  }

  #say(control: Control): void {
    if (!this.#isClosed) this.#channel.postMessage(control);
  }

  #heard(message: Frames | Control): void {
    if (this.#isClosed) return;
    const isRoomMade = this.#take(message);
    this.#read();
    if (isRoomMade) this.#handlers.roomMade?.();
  }

  /** Notes what came, and tells nobody. Gives whether there is more room. */
  #take(message: Frames | Control): boolean {
    this.#hasHeard = true;
    this.#hasAsked = false;
    if (!("type" in message)) this.#unread.push(message);
    else if (message.type === "bye") this.#unread.push("bye");
    else if (message.type === "ask") this.#say({ type: "here" });
    else if (message.type === "welcome") this.#handlers.welcomed?.(message.by);
    else if (message.type === "read") this.#underWay -= message.count;
    return "type" in message && message.type === "read";
  }

  /** A burst of messages is handled in one go, and the word that some were read may be waiting behind it. */
  #catchUp(): void {
    // A broadcast channel is as good as a port, and its type does not say so.
    const port = this.#channel as unknown as MessagePort;
    const waiting = () => receiveMessageOnPort(port);
    for (let next = waiting(); next !== undefined; next = waiting()) this.#take(next.message);
    setImmediate(() => this.#read());
  }

  #read(): void {
    const { gate } = this.#options;
    while (!this.#isClosed && !gate?.isShut) {
      const next = this.#unread.shift();
      if (next === undefined) return;
      if (next === "bye") {
        this.#end();
      } else {
        this.#acknowledge();
        this.#handlers.receive(next);
      }
    }
    if (!this.#isClosed && !this.#isAtGate) this.#waitAt(gate);
  }

  #waitAt(gate: Gate | undefined): void {
    this.#isAtGate = true;
    const read = (): void => {
      this.#isAtGate = false;
      this.#read();
    };
    // Not inside of the call that opens it.
    gate?.whenOpened(() => setImmediate(read));
  }

  /** At the end of the turn, so that a burst costs few. */
  #acknowledge(): void {
    this.#unsaid += 1;
    if (this.#unsaid === 1) setImmediate(this.#sayRead);
    else if (this.#unsaid >= linkLimits.inprocReadMax) this.#sayRead();
  }

  readonly #sayRead = (): void => {
    if (this.#unsaid > 0) this.#say({ type: "read", count: this.#unsaid });
    this.#unsaid = 0;
  };

  readonly #look = (): void => {
    if (this.#isClosed) return;
    if (!this.#hasHeard && this.#hasAsked) {
      this.#end();
      return;
    }
    this.#hasAsked = !this.#hasHeard;
    if (this.#hasAsked) this.#say({ type: "ask" });
    this.#hasHeard = false;
  };

  #end(): void {
    this.close();
    this.#handlers.ended();
  }
}

/** A view would take the whole of its buffer along. */
function detached(frame: Uint8Array): Uint8Array {
  const isWhole = frame.buffer instanceof ArrayBuffer && frame.byteLength === frame.buffer.byteLength;
  return isWhole ? frame : new Uint8Array(frame);
}
