/** Links whose messages are read as text, one by one. */
import { type ClientLink, Inbox, type Route, type ServerLink, type Transport } from "@tq/common/transport";

export const frames = (...texts: string[]): Uint8Array[] => texts.map((text) => Buffer.from(text));

const read = (received: readonly Uint8Array[]): string[] =>
  received.map((frame) => Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString());

export interface ServerProbe {
  readonly link: ServerLink;
  readonly inbox: Inbox<{ route: Route; texts: string[] }>;
}

export interface ClientProbe {
  readonly link: ClientLink;
  readonly inbox: Inbox<string[]>;
  /** One item per connection made. */
  readonly opened: Inbox<"opened">;
}

export async function bindProbe(transport: Transport, endpoint: string): Promise<ServerProbe> {
  const inbox: ServerProbe["inbox"] = new Inbox();
  const link = await transport.bind(endpoint, {
    receive: (route, received) => inbox.push({ route, texts: read(received) }),
  });
  return { link, inbox };
}

export function connectProbe(transport: Transport, endpoint: string): ClientProbe {
  const inbox: ClientProbe["inbox"] = new Inbox();
  const opened: ClientProbe["opened"] = new Inbox();
  const link = transport.connect(endpoint, {
    receive: (received) => inbox.push(read(received)),
    opened: () => opened.push("opened"),
  });
  return { link, inbox, opened };
}

/** Lets the client introduce itself and gives the route it came by. */
export async function meet(server: ServerProbe, client: ClientProbe): Promise<Route> {
  await client.opened.next();
  client.link.send(frames("hello"));
  return (await server.inbox.next()).route;
}
