import { startVentilator } from "@tq/ventilator";
import type { VentilatorSettings } from "./role-options.ts";
import { anyPort, log, type RunningRole } from "./running-role.ts";

export async function runVentilator(settings: VentilatorSettings): Promise<RunningRole> {
  const { name, sinks, journal, unsettledTasksMax } = settings;
  const ventilator = await startVentilator({
    name,
    workers: anyPort,
    producers: anyPort,
    sinks,
    log,
    unsettledTasksMax,
    ...(journal !== undefined && { journal: { directory: journal } }),
  });
  const { workers, producers = "" } = ventilator.endpoints;
  return {
    endpoints: { workers, producers },
    counts: () => {
      const { unsettled, movedInDoubt, violations } = ventilator.stats();
      return { unsettled, movedInDoubt, violations };
    },
    leave: () => ventilator.close(),
    closed: ventilator.closed,
  };
}
