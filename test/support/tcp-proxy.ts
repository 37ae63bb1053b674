/**
 * A TCP relay between two ends that both live on: cuts connections, stops the flow, turns newcomers away. It knows nothing
 * of what passes through.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, connect as netConnect, type Server, type Socket } from "node:net";

/** `target`: where connections go on to, `tcp://127.0.0.1:PORT`; nobody need be there yet. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const port = /^tcp:\/\/127\.0\.0\.1:(\d+)$/.exec(target)?.[1];
  if (port === undefined) throw new Error(`a proxy's target must be tcp://127.0.0.1:PORT, not ${target}`);
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return new TcpProxy(server, Number(port));
}

/** A connection of a client, and the one it goes on by. */
type Pair = readonly [Socket, Socket];

export class TcpProxy {
  /** Where clients connect: `tcp://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #pairs = new Set<Pair>();
  #isPaused = false;
  #isRefusing = false;
  #connectionsMade = 0;

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

  /** Resets every connection, both ways: what is under way is lost. Newcomers are served. */
  cut(): void {
    for (const pair of this.#pairs) this.#end(pair);
  }

  /** Nothing flows and nothing closes, as behind a cable that was pulled. */
  pause(): void {
    this.#isPaused = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
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
    const onward = netConnect(this.#targetPort, "127.0.0.1");
    const pair: Pair = [client, onward];
    this.#pairs.add(pair);
    this.#relay(pair, client, onward);
    this.#relay(pair, onward, client);
  }

  /** Not `pipe`: that resumes a paused source as soon as its target has drained. */
  #relay(pair: Pair, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on("data", (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on("drain", () => {
      if (!this.#isPaused) from.resume();
    });
    from.on("error", () => this.#end(pair));
    from.on("close", () => this.#end(pair));
    if (this.#isPaused) from.pause();
  }

  #end(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return;
    for (const socket of pair) hangUp(socket);
  }
}

/** A reset, so that the other end loses what it has not read; but Node leaks the handle of a socket that is shutting down. */
function hangUp(socket: Socket): void {
  if (socket.writableEnded || socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
