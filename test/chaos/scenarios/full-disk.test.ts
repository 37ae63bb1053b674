/**
 * A journal on a disk that becomes full and has room again. The disk is a small file system in memory, which takes the right
 * to mount one; where that is missing the test says so, and the journal's own tests are what there is.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { handler } from "@tq/common";
import { startVentilator } from "@tq/ventilator";
import { expect, test } from "vitest";
import { measure } from "../../integration/fixtures/tasks.ts";
import { anyPort, Cluster, waitOptions } from "../../integration/support/cluster.ts";
import { errorOf } from "../../integration/support/error-of.ts";

function mountSmallDisk(): (Disposable & { readonly folder: string }) | undefined {
  const folder = mkdtempSync(join(tmpdir(), "tq-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=32m", "none", folder], { stdio: "ignore" });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const dispose = (): void => {
    execFileSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true });
  };
  return { folder, [Symbol.dispose]: dispose };
}

test("a journal on a full disk refuses what is new, settles what runs, and accepts again when there is room", async () => {
  using disk = mountSmallDisk();
  if (disk === undefined) {
    console.warn("no disk was filled: this process may not mount one");
    return;
  }
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
  // All but a little is somebody else's.
  const filler = join(disk.folder, "filler");
  const { bavail, bsize } = statfsSync(disk.folder);
  writeFileSync(filler, new Uint8Array(bavail * bsize - 1_024 * 1_024));
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
  rmSync(filler);
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
