/** The messages of the push lane that travel over PUSH/PULL: beside all sessions, and lost where a peer leaves. */
import type { OutcomeStatus } from "../contract/index.ts";
import type {
  BootId,
  DefinitionInfo,
  IdRuns,
  SparseColumn,
  TaskOptionColumns,
  Values,
} from "./message-structures.ts";

/** Push lane, over PUSH/PULL. Tasks for whichever worker reads them. */
export interface Push {
  readonly verb: "PUSH";
  /** Of the ventilator's process: whose TALLY these belong to. */
  readonly bootId: BootId;
  readonly epoch: number;
  /** Named in full: whoever reads it may have another list. Without policy. */
  readonly definition: DefinitionInfo;
  /** Id of the sink that the outcomes go to. */
  readonly sink: string;
  readonly ids: IdRuns;
  readonly options: TaskOptionColumns;
  readonly values: Values;
}

/** Push lane, over PUSH/PULL. What became of pushed tasks. Values: outputs, or errors. */
export interface Outcomes {
  readonly verb: "OUTCOMES";
  /** Name of the worker, shown to people. */
  readonly worker: string;
  readonly definition: DefinitionInfo;
  readonly outcome: OutcomeStatus;
  readonly ids: IdRuns;
  readonly traceparent?: SparseColumn<string> | undefined;
  /** As in RESULTS. */
  readonly durationsUs: readonly number[];
  readonly values: Values;
}
