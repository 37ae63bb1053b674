/** Reads a peer's error payload, whatever it is: workers may be of any make, and none of them may bring a ventilator down. */
import { contractLimits, type RemoteError, toRemoteError } from "@tq/common/contract";
import { decodeValueAt } from "@tq/common/wire";

export function readError(encoded: Parameters<typeof decodeValueAt>[0]): RemoteError {
  let value: unknown;
  try {
    value = decodeValueAt(encoded);
  } catch (error) {
    return toRemoteError(error);
  }
  // What is an error goes on as it came: read anew, a text that its worker has cut would be cut twice.
  return isRemoteError(value, contractLimits.remoteErrorDepthMax) ? value : toRemoteError(value);
}

function isRemoteError(value: unknown, depthLeft: number): value is RemoteError {
  if (typeof value !== "object" || value === null || depthLeft === 0) return false;
  const { name, message, stack, code, cause } = value as Readonly<Record<string, unknown>>;
  const areTexts = [name, message, stack ?? "", code ?? ""].every((text) => typeof text === "string");
  return areTexts && (cause === undefined || isRemoteError(cause, depthLeft - 1));
}
