/**
 * A TCP relay between two ends that both live on: cuts connections, stops or delays the flow, loses one end, damages a
 * message, turns newcomers away. It knows nothing of what passes through, but for where messages begin.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, connect as netConnect, type Server, type Socket } from "node:net";
import { TcpRelay } from "./tcp-relay.ts";

/** `target`: where connections go on to, `tcp://127.0.0.1:PORT`; nobody need be there yet. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const port = portOf(target);
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return new TcpProxy(server, port);
}

/** From whoever connects to the target, or back. */
export type Way = "onward" | "back";

const bothWays: readonly Way[] = ["onward", "back"];

/** A connection of a client, the one it goes on by, and what passes on between them. */
interface Pair {
  readonly client: Socket;
  readonly target: Socket;
  readonly onward: TcpRelay;
  readonly back: TcpRelay;
}

export class TcpProxy {
  /** Where clients connect: `tcp://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  /** Clients whose other end is lost, and that have not noticed. */
  readonly #lost = new Set<Socket>();
  readonly #paused = new Set<Way>();
  #targetPort: number;
  #delayMs = 0;
  #isRefusing = false;
  #connectionsMade = 0;
  #flipped = 0;

  constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.endpoint = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (client) => this.#accept(client));
  }

  /** Connections that stand. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Connections since the start. */
  get connectionsMade(): number {
    return this.#connectionsMade;
  }

  /** Messages that were damaged. */
  get flipped(): number {
    return this.#flipped;
  }

  /** Newcomers go there from now on. */
  retarget(target: string): void {
    this.#targetPort = portOf(target);
  }

  /** Resets every connection, both ways: what is under way is lost. Newcomers are served. */
  cut(): void {
    for (const pair of this.#pairs) this.#end(pair);
    for (const client of this.#lost) reset(client);
  }

  /** Ends every connection in order, both ways: each end reads what was passed on to it, and then its end. */
  hangUp(): void {
    for (const pair of this.#pairs) {
      for (const socket of [pair.client, pair.target]) socket.end();
    }
  }

  /** Resets every connection towards the target only. Whoever had connected hears nothing any more, not even an end. */
  loseTarget(): void {
    for (const pair of this.#pairs) {
      this.#pairs.delete(pair);
      halt(pair);
      reset(pair.target);
      // Whatever is still said goes nowhere.
      pair.client.removeAllListeners("data").resume();
      this.#lost.add(pair.client);
      pair.client.once("close", () => this.#lost.delete(pair.client));
    }
  }

  /** Nothing flows that way (default: neither way) and nothing closes, as behind a cable that was pulled. */
  pause(way?: Way): void {
    for (const paused of way === undefined ? bothWays : [way]) {
      this.#paused.add(paused);
      for (const pair of this.#pairs) pair[paused].pause();
    }
  }

  /** Both ways. */
  resume(): void {
    this.#paused.clear();
    for (const pair of this.#pairs) for (const way of bothWays) pair[way].resume();
  }

  /** Everything arrives so much later, both ways; 0 for at once again. */
  delay(ms: number): void {
    this.#delayMs = ms;
    for (const pair of this.#pairs) for (const way of bothWays) pair[way].delayMs = ms;
  }

  /** Damages the next message that way, of each connection, so that whoever gets it must notice. */
  flip(way: Way): void {
    for (const pair of this.#pairs) pair[way].flip();
  }

  /** Newcomers are hung up on while this is on. */
  refuse(isOn: boolean): void {
    this.#isRefusing = isOn;
  }

  async close(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(client: Socket): void {
    if (this.#isRefusing) {
      client.resetAndDestroy();
      return;
    }
    this.#connectionsMade += 1;
    const target = netConnect(this.#targetPort, "127.0.0.1");
    const flipped = (): void => {
      this.#flipped += 1;
    };
    const pair: Pair = {
      client,
      target,
      onward: new TcpRelay(client, target, flipped),
      back: new TcpRelay(target, client, flipped),
    };
    this.#pairs.add(pair);
    for (const way of bothWays) {
      pair[way].delayMs = this.#delayMs;
      if (this.#paused.has(way)) pair[way].pause();
    }
    for (const socket of [client, target]) {
      socket.on("error", () => this.#end(pair));
      socket.on("close", () => this.#end(pair));
    }
  }

  #end(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return;
    halt(pair);
    reset(pair.client);
    reset(pair.target);
  }
}

function halt({ onward, back }: Pair): void {
  onward.end();
  back.end();
}

function portOf(target: string): number {
  const port = /^tcp:\/\/127\.0\.0\.1:(\d+)$/.exec(target)?.[1];
  if (port === undefined) throw new Error(`a proxy's target must be tcp://127.0.0.1:PORT, not ${target}`);
  return Number(port);
}

/** A reset, so that the other end loses what it has not read; but Node leaks the handle of a socket that is shutting down. */
function reset(socket: Socket): void {
  if (socket.writableEnded || socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
