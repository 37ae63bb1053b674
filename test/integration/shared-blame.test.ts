/** Two ventilators with the same worker processes, of which one has a task that ends each process it runs in. */
import { defineTask, type } from "@tq/common";
import type { Ventilator } from "@tq/ventilator";
import { expect, test } from "vitest";
import { poison } from "./fixtures/tasks.ts";
import { Cluster } from "./support/cluster.ts";

/** As the workers' `nap`; but the first death that counted would be its end. */
const delicateNap = defineTask({
  name: "nap",
  input: type<number>(),
  output: type<number>(),
  crashLimit: 1,
});

async function outcomesOf(ventilator: Ventilator, inputs: readonly number[]): Promise<string[]> {
  const outcomes: string[] = [];
  for await (const { outcome } of ventilator.mapSettled(delicateNap, inputs)) outcomes.push(outcome.status);
  return outcomes;
}

test("the task that ends its processes is dead, and those of the other ventilator beside it all complete", async () => {
  await using cluster = await Cluster.start();
  const { role: other, events } = await cluster.startVentilator();
  const ventilators = [cluster.ventilator.endpoints.workers, other.endpoints.workers];
  const isOver = Promise.withResolvers<void>();
  /** Whoever dies is replaced until the test is over. */
  const keepAlive = async (name: string): Promise<void> => {
    for (;;) {
      const process = await cluster.workerProcess({ name, ventilators, concurrency: 4 });
      const end = await Promise.race([process.ended, isOver.promise]);
      if (end === undefined) return;
    }
  };
  const supervised = Promise.all([keepAlive("a"), keepAlive("b")]);
  await Promise.all([cluster.events.next("worker.joined"), events.next("worker.joined")]);
  const napped = outcomesOf(other, new Array<number>(80).fill(150));
  const inputs = Array.from({ length: 10 }, (_, n) => ({ kills: n === 5 }));
  await cluster.ventilator.submitMany(poison, inputs);
  await cluster.results.until(inputs.length);
  const outcomes = await napped;
  isOver.resolve();
  await supervised;
  expect(cluster.results.all.map(({ outcome }) => outcome).sort()).toEqual([
    ...new Array(9).fill("completed"),
    "dead",
  ]);
  expect(outcomes).toEqual(new Array(80).fill("completed"));
  // Some of them were there when a process ended: else this would show nothing.
  expect(events.of("worker.gone").some(({ suspects }) => suspects > 0)).toBe(true);
});
