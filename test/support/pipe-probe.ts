/** One-way links whose messages are read as text, one by one. */
import { Inbox, type PullLink, type PushLink, type Transport } from "@tq/common/transport";
import { frames } from "./link-probe.ts";

export interface PushProbe {
  readonly link: PushLink;
  /** One item each time the link says that it is writable again. */
  readonly drained: Inbox<"drained">;
  /** Waits until a message can be handed over, and hands it over. */
  send(...texts: string[]): Promise<void>;
}

export interface PullProbe {
  readonly link: PullLink;
  readonly inbox: Inbox<string[]>;
  /** One item per connection made, of a connecting end. */
  readonly opened: Inbox<"opened">;
}

interface PipeEnds {
  readonly bindPush: (endpoint: string) => Promise<PushProbe>;
  readonly connectPush: (endpoint: string) => PushProbe;
  readonly bindPull: (endpoint: string) => Promise<PullProbe>;
  readonly connectPull: (endpoint: string) => PullProbe;
}

export function pipeEnds(transport: Transport): PipeEnds {
  return {
    bindPush: async (endpoint) => {
      const drained: PushProbe["drained"] = new Inbox();
      return pushProbe(
        await transport.bindPush(endpoint, { drained: () => drained.push("drained") }),
        drained,
      );
    },
    connectPush: (endpoint) => {
      const drained: PushProbe["drained"] = new Inbox();
      return pushProbe(transport.connectPush(endpoint, { drained: () => drained.push("drained") }), drained);
    },
    bindPull: async (endpoint) => {
      const { inbox, opened, options } = pullOptions();
      return { link: await transport.bindPull(endpoint, options), inbox, opened };
    },
    connectPull: (endpoint) => {
      const { inbox, opened, options } = pullOptions();
      return { link: transport.connectPull(endpoint, options), inbox, opened };
    },
  };
}

function pushProbe(link: PushLink, drained: PushProbe["drained"]): PushProbe {
  const send = async (...texts: string[]): Promise<void> => {
    while (!link.isWritable) await drained.next();
    link.send(frames(...texts));
  };
  return { link, drained, send };
}

function pullOptions() {
  const inbox: PullProbe["inbox"] = new Inbox();
  const opened: PullProbe["opened"] = new Inbox();
  const receive = (received: readonly Uint8Array[]): void =>
    inbox.push(received.map((frame) => Buffer.from(frame).toString()));
  return { inbox, opened, options: { receive, opened: () => opened.push("opened") } };
}
