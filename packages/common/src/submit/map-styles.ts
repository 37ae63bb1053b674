/** The two kinds of map: outputs in the order of the inputs, or every end as it comes. */
import { isTqError, TaskFailedError, toRemoteError } from "../contract/index.ts";
import { identify } from "./call-errors.ts";
import type { MapStyle } from "./map-call.ts";
import { EndOrder, InputOrder } from "./map-order.ts";
import type { SettledTask } from "./task-submitter.ts";

export const outputs: MapStyle<unknown> = {
  endsAtFailure: true,
  orderOf: (slots) => new InputOrder(slots),
  output: (_index, output) => output,
  unsuccessful: (_index, { outcome, attempt }, { name, handed }) => {
    throw new TaskFailedError({ ...identify(handed), task: name, attempt, outcome });
  },
  broken: (_index, error) => {
    throw error;
  },
};

/** Errors that say nothing about one task: they would come for each input that is left. */
const endsAll = ["TQ_ERR_CLOSED", "TQ_ERR_LIMIT", "TQ_ERR_UNREACHABLE", "TQ_ERR_WRONG_ENDPOINT"] as const;

export const settled: MapStyle<SettledTask<unknown>> = {
  endsAtFailure: false,
  orderOf: (slots) => new EndOrder(slots),
  output: (index, output) => ({ index, outcome: { status: "completed", output } }),
  unsuccessful: (index, { outcome }) => ({ index, outcome }),
  broken: (index, error) => {
    if (endsAll.some((code) => isTqError(error, code))) throw error;
    return { index, outcome: { status: "failed", error: toRemoteError(error) } };
  },
};
