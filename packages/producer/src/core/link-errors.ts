/** Why a ventilator cannot be submitted to. */
import { errorCodes, TqError, type TqErrorCode } from "@tq/common";
import type { Refused } from "@tq/common/wire";

/** `reasons`: why nobody can be there at all, where that is known. */
export function unreachableAt(
  endpoints: readonly string[],
  timeoutMs: number,
  reasons: readonly string[] = [],
): TqError {
  const why = reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
  const message = `no ventilator answered at ${endpoints.join(", ")} within ${timeoutMs} ms${why}`;
  return new TqError("TQ_ERR_UNREACHABLE", message, { details: { endpoints, timeoutMs } });
}

export function refusedBy(endpoint: string, refusal: Omit<Refused, "verb">): TqError {
  const { code, message, endpoint: rightEndpoint } = refusal;
  const isNamed = rightEndpoint === undefined || message.includes(rightEndpoint);
  const hint = isNamed ? "" : `; the endpoint for producers is ${rightEndpoint}`;
  const known = isErrorCode(code);
  const text = `${endpoint} refuses this producer: ${known ? "" : `${code}: `}${message}${hint}`;
  return new TqError(known ? code : "TQ_ERR_PROTOCOL", text, {
    details: { endpoint, ...(rightEndpoint !== undefined && { rightEndpoint }) },
  });
}

function isErrorCode(code: string): code is TqErrorCode {
  return Object.hasOwn(errorCodes, code);
}
