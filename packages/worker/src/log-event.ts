/** Which of the worker's events are worth which level of its log, and what they mean in words. */
import type { RemoteError } from "@tq/common";
import { type EventWords, type TqLogger, writeEvent } from "@tq/common/node";
import type { WorkerEvent as CoreEvent, LeftAttempt } from "./core/events.ts";

/** What a worker notices about its peers and itself. Each is a line of its log, too. */
export type WorkerEvent =
  | CoreEvent
  /** The heart beats no more: a handler that blocks the loop may now look like a death. */
  | { readonly type: "heart.failed"; readonly error: RemoteError }
  /** Not finished when the worker closed; given back. `attempts` are the first of them. */
  | { readonly type: "attempts.left"; readonly count: number; readonly attempts: readonly LeftAttempt[] };

const levels: Readonly<Record<WorkerEvent["type"], EventWords["level"]>> = {
  "ventilator.joined": "info",
  "ventilator.resumed": "info",
  "ventilator.lost": "warn",
  "ventilator.unreachable": "warn",
  "ventilator.refused": "error",
  "worker.drain-asked": "info",
  "sink.joined": "info",
  "sink.resumed": "info",
  "sink.lost": "warn",
  "sink.unreachable": "warn",
  "sink.refused": "error",
  "peer.violated": "warn",
  "attempt.failed": "warn",
  "attempt.timed-out": "warn",
  "attempt.unheeded": "warn",
  "push.left": "warn",
  "push.stuck": "warn",
  "push.unhandled": "warn",
  "heart.failed": "error",
  "attempts.left": "warn",
};

/** For people: what the event means, in words. The fields are beside it. */
export function logEvent(log: TqLogger, event: WorkerEvent, endpoints: readonly string[]): void {
  const where = "channel" in event ? endpointOf(event.channel, endpoints) : "";
  writeEvent(log, event, { level: levels[event.type], message: describe(event, where) });
}

/** Channels are `ventilator:<place>` and `sink:<endpoint>`. */
function endpointOf(channel: string, endpoints: readonly string[]): string {
  const [kind, ...rest] = channel.split(":");
  return kind === "ventilator" ? (endpoints[Number(rest[0])] ?? channel) : rest.join(":");
}

function describe(event: WorkerEvent, where: string): string {
  switch (event.type) {
    case "ventilator.joined":
      return `joined ventilator ${event.name}, at ${where}`;
    case "ventilator.resumed":
      return `the connection to the ventilator at ${where} was made anew`;
    case "ventilator.lost":
      return `the session with the ventilator at ${where} is over; asking for another`;
    case "ventilator.unreachable":
      return `no ventilator answers at ${where}; still trying`;
    case "worker.drain-asked":
      return `the ventilator at ${where} wants this worker to leave: draining, then closing`;
    case "ventilator.refused":
      return `${where} refuses this worker: ${event.message}`;
    case "sink.joined":
      return event.offeredAgain > 0
        ? `joined sink ${event.name}; ${event.offeredAgain} results are offered again`
        : `joined sink ${event.name}`;
    case "sink.resumed":
      return `the connection to the sink at ${where} was made anew`;
    case "sink.lost":
      return `the session with the sink at ${where} is over; asking for another`;
    case "sink.unreachable":
      return `no sink answers at ${where}; results are kept, still trying`;
    case "sink.refused":
      return `the sink refused this worker: ${event.message}`;
    case "peer.violated":
      return `${where} broke the protocol: ${event.reason}`;
    case "attempt.failed":
      return `${event.task} failed: ${event.error.name}: ${event.error.message}`;
    case "attempt.timed-out":
      return `${event.task} ran longer than ${event.timeoutMs} ms; its signal is aborted`;
    case "attempt.unheeded":
      return `the handler of ${event.task} still runs, ${Math.round(event.abortedMs)} ms after its signal was aborted: it does not heed ctx.signal`;
    case "push.left":
      return `pushed tasks are lost: ${event.waiting} not started, ${event.running} running, ${event.unsent} outcomes not sent`;
    case "push.stuck":
      return `outcomes of pushed tasks wait for the sink ${event.sink}: it is away, was started without a push endpoint, or nobody reads its results`;
    case "push.unhandled":
      return `read a pushed task of ${event.task}, which this worker has no handler for: it fails; give it the handler, or start it without push`;
    case "heart.failed":
      return `the heart has failed (${event.error.message}); a handler that blocks the loop may now look like a death`;
    case "attempts.left":
      return `closing with ${event.count} attempts unfinished; they are given back`;
  }
}
