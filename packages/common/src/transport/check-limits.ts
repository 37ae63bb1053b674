/**
 * How limits and times of links, sessions and messages must relate, whatever each of them is changed to: each was chosen with the
 * others in mind. Looked at whenever a node starts.
 */
import { invariant } from "../contract/index.ts";
import { eventLimits } from "../events/index.ts";
import { defaultTiming, silenceLimitMs } from "../protocol/index.ts";
import { wireLimits } from "../wire/index.ts";
import { linkLimits } from "./limits.ts";

const figures = { link: linkLimits, timing: defaultTiming, wire: wireLimits, events: eventLimits };

type Numbers<Limits> = { readonly [Name in keyof Limits]: number };
type Figures = { readonly [Group in keyof typeof figures]: Numbers<(typeof figures)[Group]> };

/** Errors: `TQ_ERR_INTERNAL`, which names the relation that does not hold. */
export function checkLinkLimits({ link, timing, wire, events }: Figures = figures): void {
  const silenceMs = silenceLimitMs(timing);
  invariant(timing.liveness >= 3, "two heartbeats may be lost, and one be late: liveness is at least 3");
  invariant(timing.helloRetryMs <= timing.heartbeatMs, "HELLO is said again at least once per heartbeat");
  invariant(
    timing.unreachableAfterMs >= 2 * silenceMs,
    "a peer that is merely gone and comes back is not called unreachable: that takes twice the silence",
  );
  invariant(link.reconnectMs <= link.reconnectMsMax, "waits between attempts to connect grow");
  invariant(
    link.reconnectMsMax < timing.heartbeatMs,
    "a connection is asked for at least once per heartbeat: so a session survives a cut",
  );
  invariant(
    link.silenceMs >= 10 * silenceMs,
    "a connection is made anew for silence only long after its session has noticed: a stuck peer is not left for that",
  );
  invariant(
    wire.unacknowledgedMax * 2 <= link.pipeMessagesMax,
    "numbered messages fill half a pipe at most: heartbeats find room",
  );
  invariant(
    events.silenceMs >= 3 * events.beatMs,
    "two beats of a source of events may be lost, and one be late",
  );
  invariant(wire.bodyBytesMax <= link.frameBytesMax, "the largest body fits into a frame");
}
