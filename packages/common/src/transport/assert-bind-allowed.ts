/** Who may be reached from outside without encryption: nobody, unless the options say so aloud. */
import { TqError } from "../contract/index.ts";
import { type Endpoint, parseEndpoint } from "./endpoint.ts";

/** Whether only this machine can connect to it. A name other than localhost is taken for an address of the outside. */
export function isLoopback(endpoint: Endpoint): boolean {
  if (endpoint.kind !== "tcp") return true;
  const host = endpoint.host.toLowerCase();
  if (host === "localhost" || host === "::1") return true;
  const octets = host.split(".");
  return octets.length === 4 && octets[0] === "127" && octets.every((octet) => /^\d{1,3}$/.test(octet));
}

/**
 * Refuses to bind beyond the loopback, for what leaves the machine is neither encrypted nor authenticated.
 *
 * Errors: `TQ_ERR_INSECURE_BIND`, `TQ_ERR_INVALID_ENDPOINT`.
 */
export function assertBindAllowed(endpoint: string, { insecure = false }: { insecure?: boolean }): void {
  if (insecure || isLoopback(parseEndpoint(endpoint))) return;
  throw new TqError(
    "TQ_ERR_INSECURE_BIND",
    `Binding ${endpoint} would let other machines in, unencrypted and unauthenticated. ` +
      "Bind tcp://127.0.0.1:PORT, or set insecure: true (on the command line --insecure) if the network itself keeps strangers out.",
    { details: { endpoint } },
  );
}
