/** What the parts of the network need of each other. */
import type { Frames, Scheduler } from "@tq/common/transport";
import type { Gate } from "../../../../packages/common/src/transport/gate.ts";
import type { RandomStream } from "../random-streams.ts";
import type { Pipe, Reader } from "./pipe.ts";

export interface NetworkOptions {
  readonly clock: Scheduler;
  readonly random: RandomStream;
  /** A connecting socket keeps what it could not send, for whoever serves that name next. */
  readonly keepsQueues: boolean;
  readonly messagesMax: number;
  readonly reconnectMs: number;
}

/** What came of a message that was sent. */
export type Sent = "sent" | "lost" | "full" | "nobody" | "cut";

/** What a connection runs through. */
export interface Medium {
  readonly options: NetworkOptions;
  nextRoute(): string;
  /** Puts a message into a pipe, unless a fault has it. */
  transfer(connection: { cut(): void }, pipe: Pipe, frames: Frames): Sent;
  /** Of `count` messages under way, how many the sender had given away before it died. */
  drawGivenAway(count: number): number;
}

export interface ClientEnd {
  readonly reader: Reader;
  readonly gate: Gate;
  readonly losesToServer: boolean;
  readonly losesToClient: boolean;
  arrived(frames: Frames): void;
  roomMade(): void;
  /** The connection is over; `lastAt` is when the last message of it is due. */
  disconnected(unsent: Frames[], lastAt: number): void;
}

export interface ServerEnd {
  readonly reader: Reader;
  readonly gate: Gate;
  readonly messagesMax: number | undefined;
  add(connection: ServersConnection): void;
  arrived(route: string, frames: Frames): void;
  roomMade(): void;
  disconnected(route: string): void;
}

/** A connection, as its binding side knows it. */
export interface ServersConnection {
  readonly route: string;
  readonly hasRoomToClient: boolean;
  sendToClient(frames: Frames): Sent;
  serverDied(): void;
}
