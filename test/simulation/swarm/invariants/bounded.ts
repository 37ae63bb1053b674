/** Whoever holds something holds no more than its limits say. */
import { defaultLimits as sinkDefaults } from "../../../../packages/sink/src/core/limits.ts";
import { defaultVentilatorLimits } from "../../../../packages/ventilator/src/core/limits.ts";
import { sharesOf, defaultLimits as workerDefaults } from "../../../../packages/worker/src/core/limits.ts";
import type { CreateInvariant } from "../invariant.ts";

const name = "bounded";

export const bounded: CreateInvariant = (world) => {
  const { configuration } = world;
  const { slots, definitions, producers } = configuration;
  const ventilator = { ...defaultVentilatorLimits, ...configuration.ventilatorLimits };
  const worker = { ...workerDefaults, ...configuration.workerLimits };
  const sink = { ...sinkDefaults, ...configuration.sinkLimits };
  const share = sharesOf(worker, { slots, definitions: definitions.length });
  // A local submitter hands over one batch beyond, a remote one what it was granted.
  const unsettledMax =
    ventilator.unsettledTasksMax + (producers * 2 + 1) * ventilator.producerWindowTasks + 64;
  const queuedMax = definitions.length * configuration.ventilators * share.windowTasksMax;
  const uncommittedMax = definitions.length * (share.uncommittedTasksMax + 2 * queuedMax + slots);
  const waitingMax = sink.waitingResultsMax * 2 + 64;
  return {
    name,
    look() {
      for (const { core, process } of world.ventilators) {
        const { unsettled, leased } = core.stats();
        if (unsettled > unsettledMax)
          world.violated(name, `${process.name} has ${unsettled} unsettled tasks`);
        if (leased < 0 || leased > unsettled)
          world.violated(name, `${process.name} has ${leased} leases of ${unsettled} tasks`);
      }
      for (const { core, process } of world.workers) {
        const { running, queued, uncommitted } = core.stats();
        if (running > slots) world.violated(name, `${process.name} runs ${running} tasks in ${slots} slots`);
        if (queued > queuedMax + slots) world.violated(name, `${process.name} has queued ${queued} tasks`);
        if (uncommitted > uncommittedMax)
          world.violated(name, `${process.name} has ${uncommitted} uncommitted results`);
      }
      for (const { core, process } of world.sinks) {
        for (const { waiting } of core.stats().definitions) {
          if (waiting > waitingMax) world.violated(name, `${process.name} has ${waiting} results waiting`);
        }
      }
    },
  };
};
