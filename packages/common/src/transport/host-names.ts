/**
 * Host names, looked up where it can be seen and never inside of ZeroMQ: its I/O thread stands still meanwhile, and with it
 * every other connection of the node; and it asks once, so a service that moves is never found again.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { TqError } from "../contract/index.ts";
import type { TcpEndpoint } from "./endpoint.ts";

/** Gives the addresses of a host, IPv4 and IPv6, best first. Rejects if there are none. */
export type LookUp = (host: string) => Promise<readonly string[]>;

/** An endpoint to connect to where nobody can be, so far. */
export interface NobodyThere {
  readonly endpoint: string;
  /** Of the lookup, such as `ENOTFOUND`, or `EAI_AGAIN` if no name server answers; `UNBOUND` for inproc. */
  readonly code: string;
  readonly message: string;
}

/** As the machine does it for every program: its hosts file, then its name servers, in the order that it is set to. */
export const systemLookUp: LookUp = async (host) => {
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
};

export const isAddress = (host: string): boolean => isIP(host) !== 0;

/**
 * Refuses to bind a name: it may stand for several addresses, or for one that only this machine can reach, as its own name
 * does on many. The name of a network interface is fine.
 *
 * Errors: `TQ_ERR_INVALID_ENDPOINT`.
 */
export function assertBindable(text: string, { host, port }: TcpEndpoint): void {
  if (host === "*" || isAddress(host) || Object.hasOwn(networkInterfaces(), host)) return;
  const message =
    `Endpoint "${text}": "${host}" is neither an address nor a network interface of this machine. ` +
    `Names are for connecting; bind an address (tcp://10.0.0.5:${port}), all of them (tcp://*:${port}, or ` +
    `tcp://[::]:${port} with IPv6), or an interface (tcp://eth0:${port}).`;
  throw new TqError("TQ_ERR_INVALID_ENDPOINT", message, { details: { endpoint: text } });
}
