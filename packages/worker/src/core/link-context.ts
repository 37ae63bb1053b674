/** What the links to all peers of one worker share. */
import type { HelloDetails } from "@tq/common/protocol";
import type { Violations } from "./events.ts";
import type { Holdings } from "./holdings.ts";
import type { WorkerCoreOptions, WorkerPort } from "./port.ts";

export interface LinkContext {
  readonly options: WorkerCoreOptions;
  readonly port: WorkerPort;
  readonly holdings: Holdings;
  readonly violations: Violations;
  /** What HELLO says to every peer. */
  hello(): HelloDetails;
}
