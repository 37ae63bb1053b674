/** How every role writes an event of its core into its log: one shape, so that lines of all roles can be searched alike. */
import type { TqLogger } from "./log.ts";

/** How one event is told. */
export interface EventWords {
  readonly level: "debug" | "info" | "warn" | "error";
  /** For people: what it means. */
  readonly message: string;
}

/**
 * Writes an event: `event` is its type, its other fields stand beside it. What an event calls `name` is written as `peer`,
 * because in a log line `name` is the logger's own.
 */
export function writeEvent(log: TqLogger, event: { readonly type: string }, words: EventWords): void {
  const { type, name: peer, ...fields }: { type: string; name?: unknown } = event;
  log[words.level]({ event: type, ...(peer === undefined ? {} : { peer }), ...fields }, words.message);
}

/** Says when there is nobody to connect to: a host name without an address, or an inproc endpoint that is not bound. */
export function logNobody(
  log: TqLogger,
): (nobody: { endpoint: string; code: string; message: string }) => void {
  return ({ endpoint, code, message }) =>
    log.warn(
      { event: "endpoint.nobody", endpoint, code },
      `cannot connect to ${endpoint}: ${message}; still trying`,
    );
}
