/** A small fleet for one scenario: at work while `strike` does what it is about, then settled, ended and accounted for. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fleet } from "./fleet.ts";
import type { FleetSize } from "./fleet-size.ts";
import { type Accounts, closeAccounts } from "./ledger.ts";
import { settle } from "./settle.ts";

/** One of each. */
export const smallSize: FleetSize = { ventilator: 1, sink: 1, worker: 1, producer: 1 };

export interface Scenario {
  readonly size?: FleetSize;
  readonly tasksPerSecond?: number;
  readonly unsettledTasksMax?: number;
  /** What happens meanwhile. */
  readonly strike: (fleet: Fleet) => Promise<void>;
}

export interface Aftermath {
  readonly accounts: Accounts;
  /** Ends that nobody asked for. */
  readonly unexpected: readonly string[];
  /** What did not settle. Empty when all did. */
  readonly unrest: string;
  /** Results that the sinks knew already. */
  readonly duplicates: number;
}

export async function withFleet({
  size = smallSize,
  tasksPerSecond = 500,
  unsettledTasksMax,
  strike,
}: Scenario): Promise<Aftermath> {
  const folder = await mkdtemp(join(tmpdir(), "tq-scenario-"));
  try {
    await using fleet = await Fleet.start({
      size,
      folder,
      isDurable: true,
      tasksPerSecond,
      unsettledTasksMax,
    });
    await strike(fleet);
    const unrest = await settle(fleet);
    await fleet.leave();
    return {
      accounts: closeAccounts(fleet.accepted, fleet.outs),
      unexpected: fleet.unexpected,
      unrest,
      duplicates: fleet.count("sink", "duplicates"),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
