/** A sink's store on a disk that becomes full and has room again, with a restart in between. */
import { join } from "node:path";
import { defineTask, handler, type } from "@tq/common";
import { openResults } from "@tq/sink";
import { expect, test } from "vitest";
import { Cluster } from "../../integration/support/cluster.ts";
import { SmallDisk } from "../support/small-disk.ts";

const produce = defineTask({ name: "produce", input: type<number>(), output: type<Uint8Array>() });

test("a store on a full disk commits nothing, also after a restart, and each result once when there is room", async () => {
  using disk = SmallDisk.mount();
  if (disk === undefined) return;
  const file = join(disk.folder, "results.db");
  await using cluster = await Cluster.start({ sink: { store: { file } } });
  await cluster.worker({ handlers: [handler(produce, (bytes: number) => new Uint8Array(bytes))] });
  disk.fill();
  const count = 600;
  await cluster.ventilator.submitMany(produce, new Array<number>(count).fill(20_000));
  await cluster.sinkEvents.next("store.full");
  // Nobody is told of what is not there.
  const committed = () => {
    using results = openResults(file);
    return Array.from(results.query(), ({ taskId }) => taskId);
  };
  expect(cluster.ventilator.stats().unsettled).toBeGreaterThanOrEqual(count - committed().length);
  const { endpoint } = cluster.sink;
  await cluster.sink.close();
  const before = committed().length;
  expect(before).toBeLessThan(count);
  await cluster.startSink({ bind: endpoint, store: { file } });
  await cluster.sinkEvents.next("store.full", { count: 2 });
  disk.makeRoom();
  await cluster.expectRest();
  const ids = committed();
  expect({ results: ids.length, tasks: new Set(ids).size }).toEqual({ results: count, tasks: count });
});
