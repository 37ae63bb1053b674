/** A ventilator that is killed while it writes: in the middle of its commits, and between a commit and its acknowledgement. */
import { expect, test } from "vitest";
import { smallSize, withFleet } from "../support/with-fleet.ts";

const ventilator = { role: "ventilator", place: 0 } as const;
const nothingBroken = { lost: 0, twiceInOne: 0, wrong: 0, torn: 0 };

test("in the middle of its commits: what it had accepted ends once, what it had not is submitted again", async () => {
  const { accounts, unexpected, unrest } = await withFleet({
    size: { ...smallSize, producer: 2 },
    tasksPerSecond: 1_000,
    strike: async (fleet) => {
      for (let kill = 1; kill <= 4; kill++) {
        const before = fleet.count("producer", "accepted");
        await fleet.until(() => fleet.count("producer", "accepted") > before + 100);
        await fleet.kill(ventilator, 0);
        await fleet.up(ventilator);
      }
    },
  });
  expect({ unexpected, unrest }).toEqual({ unexpected: [], unrest: "" });
  expect(accounts).toMatchObject(nothingBroken);
  expect(accounts.accepted).toBeGreaterThan(400);
});

test("between a commit and its acknowledgement: the producer submits again, and each task is accepted once", async () => {
  const { accounts, unexpected, unrest } = await withFleet({
    strike: async (fleet) => {
      await fleet.until(() => fleet.count("producer", "accepted") > 100);
      const link = fleet.link({ to: "producers", place: 0 });
      link.pause("back");
      // What it takes in from now on, nobody is told of.
      const committed = fleet.count("sink", "committed");
      await fleet.until(() => fleet.count("sink", "committed") > committed + 50);
      await fleet.kill(ventilator, 0);
      link.resume();
      await fleet.up(ventilator);
    },
  });
  expect({ unexpected, unrest }).toEqual({ unexpected: [], unrest: "" });
  expect(accounts).toMatchObject(nothingBroken);
});
