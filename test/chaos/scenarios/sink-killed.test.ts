/** A sink that is killed between a commit and its acknowledgement. */
import { expect, test } from "vitest";
import { smallSize, withFleet } from "../support/with-fleet.ts";

const sink = { role: "sink", place: 0 } as const;

test("what it had committed and not acknowledged is offered again and dropped, and its file has every task once", async () => {
  const { accounts, unexpected, unrest, duplicates } = await withFleet({
    size: { ...smallSize, worker: 2 },
    strike: async (fleet) => {
      const link = fleet.link({ to: "sink", place: 0 });
      for (let kill = 1; kill <= 3; kill++) {
        const before = fleet.count("sink", "committed");
        await fleet.until(() => fleet.count("sink", "committed") > before + 100);
        link.pause("back");
        const silent = fleet.count("sink", "committed");
        await fleet.until(() => fleet.count("sink", "committed") > silent);
        await fleet.kill(sink, 0);
        link.resume();
        await fleet.up(sink);
      }
    },
  });
  expect({ unexpected, unrest }).toEqual({ unexpected: [], unrest: "" });
  expect(accounts).toMatchObject({ lost: 0, twiceInOne: 0, wrong: 0, torn: 0 });
  expect(duplicates).toBeGreaterThan(0);
});
