/** A server that answers whatever it hears with what a test wants: a bare ROUTER. */
import { Context, Router } from "zeromq";

type Frames = readonly Uint8Array[];

export class RawServer implements AsyncDisposable {
  readonly endpoint: string;
  /** Messages that came in. */
  heard = 0;
  readonly #socket: Router;
  readonly #running: Promise<void>;

  static async start(answer: (frames: Frames) => readonly Frames[]): Promise<RawServer> {
    const context = new Context({ blocky: false });
    const socket = new Router({ context, linger: 0 });
    await socket.bind("tcp://127.0.0.1:*");
    return new RawServer(socket, answer);
  }

  private constructor(socket: Router, answer: (frames: Frames) => readonly Frames[]) {
    this.#socket = socket;
    this.endpoint = socket.lastEndpoint ?? "";
    this.#running = this.#serve(answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#running;
  }

  async #serve(answer: (frames: Frames) => readonly Frames[]): Promise<void> {
    for await (const [route, ...frames] of this.#socket) {
      this.heard += 1;
      for (const reply of answer(frames)) await this.#socket.send([route as Buffer, ...reply] as Buffer[]);
    }
  }
}
