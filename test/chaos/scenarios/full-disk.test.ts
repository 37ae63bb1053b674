/**
 * A journal on a disk that becomes full and has room again. Where no disk can be mounted, the journal's own tests are what
 * there is.
 */
import { join } from "node:path";
import { handler } from "@tq/common";
import { startVentilator } from "@tq/ventilator";
import { expect, test } from "vitest";
import { measure } from "../../integration/fixtures/tasks.ts";
import { anyPort, Cluster, waitOptions } from "../../integration/support/cluster.ts";
import { errorOf } from "../../integration/support/error-of.ts";
import { SmallDisk } from "../support/small-disk.ts";

test("a journal on a full disk refuses what is new, settles what runs, and accepts again when there is room", async () => {
  using disk = SmallDisk.mount();
  if (disk === undefined) return;
  const directory = join(disk.folder, "journal");
  await using cluster = await Cluster.start();
  await using ventilator = await startVentilator({
    workers: anyPort,
    sinks: [cluster.sink.endpoint],
    journal: { directory },
    log: cluster.logs.ventilator.log,
  });
  const release = Promise.withResolvers<void>();
  await cluster.worker({
    ventilators: [ventilator.endpoints.workers],
    concurrency: 2,
    handlers: [
      handler(measure, async (bytes: Uint8Array) => {
        await release.promise;
        return bytes.length;
      }),
    ],
  });
  disk.fill();
  let accepted = 0;
  const fill = async (): Promise<void> => {
    for (;;) {
      await ventilator.submit(measure, new Uint8Array(20_000));
      accepted += 1;
    }
  };
  expect(await errorOf(fill())).toMatchObject({ code: "TQ_ERR_STORAGE_FULL" });
  expect(accepted).toBeGreaterThan(1);
  // What runs goes on, and settles.
  release.resolve();
  await cluster.results.until(accepted);
  disk.makeRoom();
  const submitted = async (): Promise<boolean> =>
    ventilator.submit(measure, new Uint8Array(20_000)).then(
      () => true,
      () => false,
    );
  await expect.poll(submitted, waitOptions).toBe(true);
  await cluster.results.until(accepted + 1);
  await expect.poll(() => ventilator.stats().unsettled, waitOptions).toBe(0);
  expect(cluster.results.repeated).toEqual([]);
});
