/** A sink that stands still: everybody before it fills up to a bound, holds that, and goes on when it does. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Fleet } from "../support/fleet.ts";
import { span } from "../support/spans.ts";
import { smallSize, withFleet } from "../support/with-fleet.ts";

const stalledMs = span(30_000, 6_000);
const mib = 1_024;

/** Resident memory of a process, in KiB. */
const memoryOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

/** The most that each of the others had, in one half of the stall. */
class MemoryPeaks {
  readonly peaks = new Map<string, number>();

  look(fleet: Fleet): void {
    for (const { settings, pid } of fleet.all()) {
      if (settings.role === "sink") continue;
      this.peaks.set(settings.name, Math.max(this.peaks.get(settings.name) ?? 0, memoryOf(pid)));
    }
  }
}

test("while a sink stands still memory stays flat in every other role, and then it all goes on", async () => {
  const halves = [new MemoryPeaks(), new MemoryPeaks()] as const;
  const { accounts, unexpected, unrest } = await withFleet({
    size: { ...smallSize, worker: 2 },
    tasksPerSecond: 2_000,
    unsettledTasksMax: 2_000,
    strike: async (fleet) => {
      await fleet.until(() => fleet.count("sink", "committed") > 500);
      fleet.stop({ role: "sink", place: 0 }, 2 * stalledMs);
      // Full: the producer is not told of any more.
      let accepted = -1;
      let since = performance.now();
      await fleet.until(() => {
        const now = fleet.count("producer", "accepted");
        if (now !== accepted) since = performance.now();
        accepted = now;
        return performance.now() - since > 1_000;
      });
      const fullAt = performance.now();
      await fleet.until(() => {
        const passedMs = performance.now() - fullAt;
        halves[passedMs < stalledMs / 2 ? 0 : 1].look(fleet);
        return passedMs > stalledMs;
      });
      expect(fleet.count("producer", "accepted")).toBe(accepted);
      fleet.continue({ role: "sink", place: 0 });
      const committed = fleet.count("sink", "committed");
      await fleet.until(() => fleet.count("sink", "committed") > committed + 4_000);
    },
  });
  for (const [name, peak] of halves[0].peaks) {
    expect(halves[1].peaks.get(name), name).toBeLessThan(peak + 16 * mib);
  }
  expect(halves[1].peaks.size).toBe(4);
  expect({ unexpected, unrest }).toEqual({ unexpected: [], unrest: "" });
  expect(accounts).toMatchObject({ lost: 0, twiceInOne: 0, wrong: 0, torn: 0 });
});
