/** Submitting tasks: the calls of `TaskSubmitter` over a small port, for every role that has them. */
export type {
  Answers,
  DeadLetterOptions,
  Reply,
  SubmitBatch,
  SubmitEvents,
  SubmitOrigins,
  SubmitPort,
} from "../protocol/index.ts";
export type {
  MapOptions,
  RunOptions,
  SubmitManyOptions,
  SubmitOptions,
  WaitOptions,
} from "./call-options.ts";
export {
  createSubmitter,
  type Submission,
  type SubmitStats,
  type SubmitterOptions,
} from "./create-submitter.ts";
export type { DeadLetter, DeadLetterSummary, FailedAttempt } from "./dead-letter.ts";
export {
  createDeadLetterBox,
  type DeadLetterBox,
  type DeadLetterFilter,
  type DeadLetterListOptions,
  type DeadLetterPage,
  type DeadLetterSource,
  type RetriedTask,
} from "./dead-letter-box.ts";
export { submitLimits } from "./limits.ts";
export type * from "./task-submitter.ts";
