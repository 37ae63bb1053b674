/** One connection: two pipes between a client and a server, and the ways it can end. */
import type { Frames } from "@tq/common/transport";
import type { ClientEnd, Medium, Sent, ServerEnd, ServersConnection } from "./medium.ts";
import { Pipe } from "./pipe.ts";

export class Connection implements ServersConnection {
  readonly route: string;
  readonly #client: ClientEnd;
  readonly #server: ServerEnd;
  readonly #network: Medium;
  readonly #toServer: Pipe;
  readonly #toClient: Pipe;

  constructor(network: Medium, client: ClientEnd, server: ServerEnd) {
    const { clock } = network.options;
    const messagesMax = server.messagesMax ?? network.options.messagesMax;
    this.#network = network;
    this.route = network.nextRoute();
    this.#client = client;
    this.#server = server;
    this.#toServer = new Pipe({
      clock,
      messagesMax,
      reader: server.reader,
      gate: server.gate,
      deliver: (frames) => server.arrived(this.route, frames),
      roomMade: () => client.roomMade(),
    });
    this.#toClient = new Pipe({
      clock,
      messagesMax,
      reader: client.reader,
      gate: client.gate,
      deliver: (frames) => client.arrived(frames),
      roomMade: () => server.roomMade(),
    });
  }

  get hasRoomToServer(): boolean {
    return this.#toServer.hasRoom;
  }

  get hasRoomToClient(): boolean {
    return this.#toClient.hasRoom;
  }

  sendToServer(frames: Frames): Sent {
    if (this.#client.losesToServer) return "lost";
    return this.#network.transfer(this, this.#toServer, frames);
  }

  sendToClient(frames: Frames): Sent {
    if (this.#client.losesToClient) return "lost";
    return this.#network.transfer(this, this.#toClient, frames);
  }

  /** Both ends live on. All that the server had queued is lost; the client's socket may keep what it had not sent. */
  cut(): void {
    this.#toClient.close(0);
    const unsent = this.#toServer.close(0);
    this.#server.disconnected(this.route);
    this.#client.disconnected(unsent, this.#network.options.clock.now());
  }

  /** The client closed, or died: what it had given away still arrives. */
  endedByClient(manner: "closed" | "died"): void {
    this.#toClient.close(0);
    const { count } = this.#toServer;
    this.#toServer.close(manner === "closed" ? count : this.#network.drawGivenAway(count));
    this.#server.disconnected(this.route);
  }

  /** The server died: the same. */
  serverDied(): void {
    const unsent = this.#toServer.close(0);
    this.#toClient.close(this.#network.drawGivenAway(this.#toClient.count));
    this.#client.disconnected(unsent, this.#toClient.lastAt);
  }
}
