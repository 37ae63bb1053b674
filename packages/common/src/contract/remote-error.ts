/**
 * Errors as plain data, for crossing a process boundary. What a handler throws is not ours: it can be any value, and reading
 * it can throw. So everything is read guardedly, and everything is cut at a limit, or one failure could outgrow a message.
 */
import { contractLimits } from "./limits.ts";
import { cutText, preview } from "./preview.ts";

/** An error that happened elsewhere, as plain data. Text is well-formed Unicode within the limits of `contractLimits`. */
export interface RemoteError {
  /** `TypeError`, `AbortError`, …; `NonError` if what was thrown is no error. */
  readonly name: string;
  readonly message: string;
  /** The stack as it was there, first line included. */
  readonly stack?: string;
  /** A string or number `code` as text, such as `ENOENT`, or a `TqErrorCode`. */
  readonly code?: string;
  readonly cause?: RemoteError;
}

/**
 * Turns whatever was thrown into plain data. Never throws. Causes are followed to a depth of
 * `contractLimits.remoteErrorDepthMax`; an AggregateError without a cause names its first error as its cause.
 */
export function toRemoteError(thrown: unknown): RemoteError {
  return convert(thrown, 1);
}

function convert(thrown: unknown, depth: number): RemoteError {
  const message = field(thrown, "message");
  if (typeof message !== "string") {
    return { name: "NonError", message: preview(thrown, contractLimits.remoteErrorMessageCharsMax) };
  }
  const name = field(thrown, "name");
  const stack = field(thrown, "stack");
  const code = field(thrown, "code");
  const cause = depth < contractLimits.remoteErrorDepthMax ? causeOf(thrown) : undefined;
  const shortMessage = cutText(message, contractLimits.remoteErrorMessageCharsMax);
  return {
    name: cutText(typeof name === "string" && name ? name : "Error", contractLimits.remoteErrorNameCharsMax),
    message: shortMessage,
    ...(typeof stack === "string" && { stack: shortStack(stack, message, shortMessage) }),
    ...((typeof code === "string" || typeof code === "number") && {
      code: cutText(String(code), contractLimits.remoteErrorNameCharsMax),
    }),
    ...(cause !== undefined && { cause: convert(cause, depth + 1) }),
  };
}

/** A stack begins with the message: a long one is cut there first, or it would push out every frame. */
function shortStack(stack: string, message: string, shortMessage: string): string {
  const head = message.length > shortMessage.length ? stack.indexOf(message) : -1;
  const kept = head < 0 ? stack : stack.slice(0, head) + shortMessage + stack.slice(head + message.length);
  return cutText(kept, contractLimits.remoteErrorStackCharsMax);
}

function causeOf(thrown: unknown): unknown {
  const cause = field(thrown, "cause");
  if (cause !== undefined) return cause;
  // A refused connection to a name with several addresses is an AggregateError with an empty message: the reason is inside.
  const errors = field(thrown, "errors");
  return Array.isArray(errors) ? field(errors, "0") : undefined;
}

function field(value: unknown, key: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}

/**
 * An `Error` with the name, message, stack, code and causes of the remote one, to be used as a `cause`. Its class is always
 * `Error`: the remote class may not exist here.
 */
export function fromRemoteError(remote: RemoteError): Error {
  const cause = remote.cause === undefined ? undefined : { cause: fromRemoteError(remote.cause) };
  const error = new Error(remote.message, cause);
  // Not enumerable, as these are on any error. A local stack would point at the decoder, so it never stays.
  Object.defineProperty(error, "name", { value: remote.name, configurable: true, writable: true });
  Object.defineProperty(error, "stack", {
    value: remote.stack ?? `${remote.name}: ${remote.message}`,
    configurable: true,
    writable: true,
  });
  return remote.code === undefined ? error : Object.assign(error, { code: remote.code });
}
