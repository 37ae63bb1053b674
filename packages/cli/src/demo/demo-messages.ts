/** What the demo's processes say to each other besides the work itself. */
import type { Totals } from "./totals.ts";

export type ToDemoWorker =
  | { readonly type: "start"; readonly ventilator: string; readonly name: string }
  /** Stop in the middle of the next task, and tell. */
  | { readonly type: "hold" }
  /** Go on, with that task too. */
  | { readonly type: "go" }
  | { readonly type: "stop" };

export type FromDemoWorker =
  | { readonly type: "ready" }
  | { readonly type: "armed" }
  /** It stands in the middle of this task: it has a lease, and cannot give a result. */
  | { readonly type: "holding"; readonly taskId: string }
  | Failed;

export type ToDemoSink =
  /** Tell when there are so many results. */
  | { readonly type: "expect"; readonly results: number }
  | { readonly type: "report" }
  | { readonly type: "stop" };

export type FromDemoSink =
  | { readonly type: "ready"; readonly endpoint: string }
  | { readonly type: "progress"; readonly results: number; readonly bytes: number }
  | { readonly type: "reached"; readonly results: number }
  | { readonly type: "totals"; readonly totals: Totals }
  | Failed;

/** The process cannot go on. */
export interface Failed {
  readonly type: "failed";
  readonly message: string;
}
