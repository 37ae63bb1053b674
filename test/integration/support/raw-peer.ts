/** A peer that says exactly what a test wants: a bare DEALER. What it is told it reads only if asked to. */
import { randomBytes } from "node:crypto";
import { decodeMessage, encodeMessage, type Hello, type Message, type Welcome } from "@tq/common/wire";
import { Context, Dealer } from "zeromq";

type OfVerb<Verb extends Message["verb"]> = Extract<Message, { verb: Verb }>;

export class RawPeer implements AsyncDisposable {
  readonly #socket: Dealer;

  constructor(endpoint: string, options: { receiveHighWaterMark?: number } = {}) {
    // A context of its own, as another process would have.
    const context = new Context({ blocky: false });
    this.#socket = new Dealer({ context, linger: 0, immediate: true, ...options });
    this.#socket.connect(endpoint);
  }

  say(message: Message): Promise<void> {
    return this.sayFrames(encodeMessage(message));
  }

  sayFrames(frames: readonly Uint8Array[]): Promise<void> {
    return this.#socket.send([...frames]);
  }

  /** Reads on to the next message of this verb. */
  async hear<Verb extends Message["verb"]>(verb: Verb): Promise<OfVerb<Verb>> {
    for (;;) {
      const decoded = decodeMessage(await this.#socket.receive());
      if (decoded.ok && decoded.message.verb === verb) return decoded.message as OfVerb<Verb>;
    }
  }

  /** Says HELLO and reads the WELCOME. */
  async join(hello: Partial<Hello> & Pick<Hello, "role">): Promise<Welcome> {
    await this.sayHello(hello);
    return this.hear("WELCOME");
  }

  sayHello(hello: Partial<Hello> & Pick<Hello, "role">): Promise<void> {
    return this.say({
      verb: "HELLO",
      version: 1,
      bootId: randomBytes(8).toString("hex"),
      name: "raw",
      received: 0,
      definitions: [],
      slots: 0,
      tags: [],
      ...hello,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
  }
}
