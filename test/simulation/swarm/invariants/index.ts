/** All promises that are watched. */
import type { CreateInvariant } from "../invariant.ts";
import { acknowledgedAfterSync } from "./acknowledged-after-sync.ts";
import { atRest } from "./at-rest.ts";
import { attemptsGrow } from "./attempts-grow.ts";
import { bounded } from "./bounded.ts";
import { committedOnce } from "./committed-once.ts";
import { countsSurvive } from "./counts-survive.ts";
import { goneWithCause } from "./gone-with-cause.ts";
import { oneFinalState } from "./one-final-state.ts";
import { protocolKept } from "./protocol-kept.ts";
import { replayIsWhatIsLeft } from "./replay-is-what-is-left.ts";
import { staleChangesNothing } from "./stale-changes-nothing.ts";
import { triesWithinLimits } from "./tries-within-limits.ts";
import { withinCredit } from "./within-credit.ts";

export const invariants: readonly CreateInvariant[] = [
  acknowledgedAfterSync,
  atRest,
  attemptsGrow,
  bounded,
  committedOnce,
  countsSurvive,
  goneWithCause,
  oneFinalState,
  protocolKept,
  replayIsWhatIsLeft,
  staleChangesNothing,
  triesWithinLimits,
  withinCredit,
];
