/** Links between nodes, and what runs a core over them. Nothing here knows what is said on a link. */

export type { CompressionStats } from "../wire/index.ts";
export { assertBindAllowed } from "./assert-bind-allowed.ts";
export type { Core, From } from "./core.ts";
export { CoreLoop, type CoreLoopOptions, type LoopHost } from "./core-loop.ts";
export { createDriver, type Driver, type DriverOptions } from "./driver.ts";
export {
  type Endpoint,
  formatEndpoint,
  parseConnectEndpoint,
  parseEndpoint,
  reachableEndpoint,
} from "./endpoint.ts";
export type * from "./event-links.ts";
export { type Faults, FaultyNetwork, type FaultyNetworkOptions } from "./faulty-network.ts";
export type { LookUp, NobodyThere } from "./host-names.ts";
export { Inbox } from "./inbox.ts";
export { linkLimits } from "./limits.ts";
export type * from "./link.ts";
export { virtualHost } from "./loop-hosts.ts";
export { createMemoryHub, type MemoryHub, type MemoryHubOptions } from "./memory-transport.ts";
export type { NetworkClient } from "./network-client.ts";
export {
  bindNetworkPull,
  bindNetworkPush,
  connectNetworkPull,
  connectNetworkPush,
  type NetworkPull,
  type NetworkPullOptions,
  type NetworkPush,
} from "./network-pipes.ts";
export type { NetworkServer } from "./network-server.ts";
export { type Compression, checkCompression } from "./outgoing.ts";
export type { Scheduler } from "./scheduler.ts";
export { seededRandom } from "./seeded-random.ts";
export { VirtualClock } from "./virtual-clock.ts";
export { createZeromqTransport, type ZeromqOptions } from "./zeromq-transport.ts";
