/** How a ventilator's times must relate to those of sessions and links. Looked at whenever one starts. */
import { invariant } from "@tq/common/contract";
import { defaultTiming, silenceLimitMs } from "@tq/common/protocol";
import { linkLimits } from "@tq/common/transport";
import { journalTimes } from "./core/journal/journal-times.ts";
import { defaultVentilatorLimits } from "./core/limits.ts";
import { reservationTimes } from "./core/worker-reservations.ts";

const times = {
  silenceMs: silenceLimitMs(defaultTiming),
  reconnectMsMax: linkLimits.reconnectMsMax,
  linkSilenceMs: linkLimits.silenceMs,
  producerGraceMs: defaultVentilatorLimits.producerGraceMs,
  sinkGraceMs: defaultVentilatorLimits.sinkGraceMs,
  readoptMs: journalTimes.readoptMs,
  ...reservationTimes,
};

/** The longest pause when one of several ventilators, workers or producers is gone, as it is promised. */
const pauseMsMax = 5_000;

/** Errors: `TQ_ERR_INTERNAL`, which names the relation that does not hold. */
export function checkVentilatorTimes(given: { readonly [Name in keyof typeof times]: number } = times): void {
  const { silenceMs, reconnectMsMax, linkSilenceMs, producerGraceMs, sinkGraceMs } = given;
  invariant(
    Math.min(producerGraceMs, sinkGraceMs) >= 10 * silenceMs,
    "a restart or a cut is no goodbye: graces are many times the silence",
  );
  invariant(
    // Some eighths later than it should: not all clients notice at once.
    linkSilenceMs * (1 + 1 / 8) + reconnectMsMax < sinkGraceMs,
    "a sink that lives behind a dead connection is found again before its share moves",
  );
  invariant(
    given.readoptMs >= 1.5 * reconnectMsMax,
    "workers that were there before are back before replayed tasks are handed to others",
  );
  invariant(
    silenceMs + reconnectMsMax + given.readoptMs <= pauseMsMax,
    "what a process that is gone held is handed out anew within five seconds",
  );
  invariant(
    given.reservationPatienceMs <= given.reservationPatienceMsMax,
    "patience with workers that suspects want grows",
  );
}
