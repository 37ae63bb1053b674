/** What tests of tcp start, closed when the test is over. */
import { createZeromqTransport, type Transport, type ZeromqOptions } from "@tq/common/transport";
import { onTestFinished } from "vitest";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

export function tcpNode(options: ZeromqOptions = {}): Transport {
  const transport = createZeromqTransport(options);
  onTestFinished(() => transport.close());
  return transport;
}

export async function tcpProxyTo(endpoint: string): Promise<TcpProxy> {
  const proxy = await startTcpProxy(endpoint);
  onTestFinished(() => proxy.close());
  return proxy;
}
