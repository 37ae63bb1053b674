/**
 * How the two ends of a connection within the process find each other: at a door, the broadcast channel that has the
 * endpoint's name. Whoever connects knocks there, again when somebody says that he has moved in, and is let in by an answer on
 * the connection's own channel. So a waiting client costs nothing, and one whose server is gone with its thread comes to the
 * next one at once.
 */
import { randomUUID } from "node:crypto";
import { BroadcastChannel } from "node:worker_threads";
import { type EndHandlers, type EndOptions, InprocEnd } from "./inproc-end.ts";
import { linkLimits } from "./limits.ts";
import type { Frames, Route } from "./link.ts";

/** What connects: a link of two directions, or the writing or reading end of a pipe. */
export type CallerKind = "client" | "push" | "pull";

type DoorMessage =
  | { readonly type: "bound"; readonly by: string }
  | { readonly type: "knock"; readonly connection: string; readonly kind: CallerKind }
  | { readonly type: "withdraw"; readonly connection: string };

class Door {
  readonly #channel: BroadcastChannel;

  constructor(name: string, heard: (message: DoorMessage) => void) {
    this.#channel = new BroadcastChannel(`tq:inproc:door:${name}`);
    this.#channel.onmessage = (event: unknown) => heard((event as { data: DoorMessage }).data);
  }

  say(message: DoorMessage): void {
    this.#channel.postMessage(message);
  }

  close(): void {
    this.#channel.close();
  }
}

export interface HostOptions {
  /** Who is let in; others knock in vain. */
  readonly serves: CallerKind;
  readonly end: EndOptions;
}

export interface HostHandlers {
  readonly receive?: ((route: Route, frames: Frames) => void) | undefined;
  /** A message could be handed over that could not be before. */
  readonly roomMade?: (() => void) | undefined;
}

/** The bound side: one end for each connection. */
export class InprocHost {
  readonly ends = new Map<Route, InprocEnd>();
  readonly #by = randomUUID();
  readonly #door: Door;
  readonly #options: HostOptions;
  readonly #handlers: HostHandlers;

  /** The name belongs to whoever makes this. */
  constructor(name: string, options: HostOptions, handlers: HostHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#door = new Door(name, (message) => {
      if (message.type === "knock" && message.kind === options.serves) this.#letIn(message.connection);
      else if (message.type === "withdraw") this.#drop(message.connection);
    });
    this.#door.say({ type: "bound", by: this.#by });
  }

  close(): void {
    this.#door.close();
    for (const end of this.ends.values()) end.close();
    this.ends.clear();
  }

  #letIn(connection: string): void {
    if (this.ends.has(connection)) return;
    const { receive, roomMade } = this.#handlers;
    const end = new InprocEnd(connection, this.#options.end, {
      receive: (frames) => receive?.(connection, frames),
      roomMade,
      ended: () => this.#drop(connection),
    });
    this.ends.set(connection, end);
    end.watch();
    end.welcome(this.#by);
    roomMade?.();
  }

  #drop(connection: string): void {
    this.ends.get(connection)?.close();
    this.ends.delete(connection);
  }
}

export interface CallerOptions {
  readonly kind: CallerKind;
  readonly end: EndOptions;
}

export interface CallerHandlers extends Pick<EndHandlers, "receive" | "roomMade"> {
  readonly opened: () => void;
  /** Nobody has answered for a second. Said once, and again after a connection. */
  readonly unanswered: () => void;
}

/** The connecting side: one connection after the other. */
export class InprocCaller {
  readonly #door: Door;
  readonly #options: CallerOptions;
  readonly #handlers: CallerHandlers;
  #end: InprocEnd;
  /** Who let the present connection in. */
  #by: string | undefined;
  #patience: NodeJS.Timeout | undefined;

  constructor(name: string, options: CallerOptions, handlers: CallerHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#door = new Door(name, (message) => {
      if (message.type === "bound") this.#invited(message.by);
    });
    this.#end = this.#knock();
  }

  /** To talk through; undefined while there is no connection, and after `close`. */
  get open(): InprocEnd | undefined {
    return this.#by === undefined ? undefined : this.#end;
  }

  close(): void {
    if (this.#by === undefined) this.#door.say({ type: "withdraw", connection: this.#end.connection });
    this.#by = undefined;
    clearTimeout(this.#patience);
    this.#door.close();
    this.#end.close();
  }

  #invited(by: string): void {
    if (this.#by === by) return;
    if (this.#by === undefined) this.#sayKnock(this.#end);
    else this.#end.abandon();
  }

  #again(): void {
    this.#by = undefined;
    this.#end.close();
    this.#end = this.#knock();
  }

  #knock(): InprocEnd {
    const end = new InprocEnd(randomUUID(), this.#options.end, {
      receive: this.#handlers.receive,
      roomMade: this.#handlers.roomMade,
      welcomed: (by) => this.#welcomed(by),
      ended: () => this.#again(),
    });
    this.#patience = setTimeout(this.#handlers.unanswered, linkLimits.inprocUnansweredMs);
    this.#sayKnock(end);
    return end;
  }

  #sayKnock({ connection }: InprocEnd): void {
    this.#door.say({ type: "knock", connection, kind: this.#options.kind });
  }

  #welcomed(by: string): void {
    clearTimeout(this.#patience);
    this.#by = by;
    this.#end.watch();
    this.#handlers.opened();
  }
}
