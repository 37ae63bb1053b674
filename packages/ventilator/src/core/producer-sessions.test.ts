import { idRun } from "@tq/common/protocol";
import { expect, test } from "vitest";
import { origin, sinkIds, TwoSinks } from "./two-sinks.test-support.ts";

test("a producer that was given up is given up once, and hears on its return all that it missed", () => {
  const bed = new TwoSinks();
  const producer = bed.producer();
  const commit = (seq: number): void => {
    const ids = idRun(origin, seq, 1);
    bed.sinks[0]?.session?.send(bed.now, { verb: "COMMITTED", outcome: "cancelled", ids });
    bed.settle();
  };
  producer.submit(1, 3, { sink: sinkIds[0] });
  producer.say({ verb: "CANCEL", ids: idRun(origin, 1, 3) });
  bed.pass(200);
  producer.heard();
  producer.isThere = false;
  bed.pass(1_000);
  commit(1);
  bed.pass(40_000);
  commit(2);
  bed.pass(40_000);
  expect(bed.eventsOf("producer.gone")).toHaveLength(1);
  commit(3);
  bed.pass(1_000);
  producer.isThere = true;
  bed.pass(1_000);
  const settled = producer.heard().flatMap((told) => (told.verb === "SETTLED" ? told.ids.runs : []));
  // Runs of origin 0: first, count.
  expect(settled).toEqual([0, 1, 1, 0, 2, 1, 0, 3, 1]);
  producer.isThere = false;
  bed.pass(40_000);
  expect(bed.eventsOf("producer.gone")).toHaveLength(2);
});
