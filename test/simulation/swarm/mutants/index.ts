/** All guards that are taken out, one at a time. */
import type { Mutant } from "../mutant.ts";
import { acceptTwice } from "./accept-twice.ts";
import { acknowledgeBeforeSync } from "./acknowledge-before-sync.ts";
import { blameAllSuspects } from "./blame-all-suspects.ts";
import { forgetCrashCounts } from "./forget-crash-counts.ts";
import { forgetFailures } from "./forget-failures.ts";
import { forgetKeptBatches } from "./forget-kept-batches.ts";
import { forgetProposals } from "./forget-proposals.ts";
import { ignoreAttemptNumber } from "./ignore-attempt-number.ts";
import { incrementalCredit } from "./incremental-credit.ts";
import { lowMarkTooHigh } from "./low-mark-too-high.ts";
import { neverRepeat } from "./never-repeat.ts";
import { proposeIsFinal } from "./propose-is-final.ts";
import { replaySettled } from "./replay-settled.ts";
import { restartFailures } from "./restart-failures.ts";
import { sameEpoch } from "./same-epoch.ts";
import { skipDuplicateWindow } from "./skip-duplicate-window.ts";
import { skipLateTimerRule } from "./skip-late-timer-rule.ts";

export const mutants: readonly Mutant[] = [
  acceptTwice,
  acknowledgeBeforeSync,
  blameAllSuspects,
  forgetCrashCounts,
  forgetFailures,
  forgetKeptBatches,
  forgetProposals,
  ignoreAttemptNumber,
  incrementalCredit,
  lowMarkTooHigh,
  neverRepeat,
  proposeIsFinal,
  replaySettled,
  restartFailures,
  sameEpoch,
  skipDuplicateWindow,
  skipLateTimerRule,
];
