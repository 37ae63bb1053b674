import { expect, test } from "vitest";
import type { EventLinkOptions, EventTransport, Transport } from "../transport/index.ts";
import { EventHub } from "./event-hub.ts";
import { openEvents } from "./open-events.ts";

const endpoint = "tcp://127.0.0.1:1";

test("a proxy that is not there is told once, and so is one that comes", async () => {
  const said: string[] = [];
  const tell = (_: unknown, message: string) => void said.push(message);
  let link: EventLinkOptions | undefined;
  const transport: Pick<EventTransport, "bindEvents" | "connectEvents"> = {
    bindEvents: () => Promise.reject(new Error("nothing is bound here")),
    connectEvents: (_side, _endpoint, options) => {
      link = options;
      const stats = () => ({ sent: 0, received: 0, dropped: 0 });
      return { endpoint, isOpen: false, send() {}, stats, close: () => Promise.resolve() };
    },
  };
  const hub = new EventHub({
    source: { role: "sink", name: "s", bootId: "00000000000000b1" },
    state: () => {
      throw new Error("nobody asks");
    },
    watch: () => {},
  });
  const carrier = { transport: transport as unknown as Transport, log: { info: tell, warn: tell } as never };
  await openEvents(hub, { eventsProxy: endpoint }, carrier);
  for (let attempt = 0; attempt < 3; attempt++) link?.ended?.();
  expect(said).toEqual([`no event proxy at ${endpoint}; trying on`]);
  link?.opened?.();
  link?.ended?.();
  link?.ended?.();
  expect(said.slice(1)).toEqual([
    `publishing events at the proxy ${endpoint}`,
    `no event proxy at ${endpoint}; trying on`,
  ]);
  await hub.close();
});
