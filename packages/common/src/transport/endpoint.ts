/**
 * Endpoints as text and as data. Pure: nothing is resolved here.
 *
 * The forms are ZeroMQ's, and `memory:` for links within one process. What is refused here would otherwise be refused
 * by the I/O thread, later, by a message that does not say what would be right; or not at all.
 */
import { TqError } from "../contract/index.ts";

export interface TcpEndpoint {
  readonly kind: "tcp";
  /** A name or an address; IPv6 without brackets; `*` for all interfaces. */
  readonly host: string;
  /** `*` at a bind: any free one. */
  readonly port: number | "*";
}

export interface IpcEndpoint {
  readonly kind: "ipc";
  /** Of a Unix domain socket. A leading `@` is the abstract namespace of Linux. `*` at a bind: a temporary one. */
  readonly path: string;
}

export interface NamedEndpoint {
  /** inproc: within one process; memory: within one memory hub. `*` at a bind draws a name. */
  readonly kind: "inproc" | "memory";
  readonly name: string;
}

export type Endpoint = TcpEndpoint | IpcEndpoint | NamedEndpoint;

const forms = "tcp://HOST:PORT, ipc://PATH, inproc://NAME or memory:NAME";

/** Room in a Unix domain socket's address, without the final zero, in bytes. */
const ipcPathBytesMax = 107;

function refuse(text: string, problem: string): never {
  throw new TqError("TQ_ERR_INVALID_ENDPOINT", `Endpoint "${text}": ${problem}`, {
    details: { endpoint: text },
  });
}

/**
 * Reads an endpoint.
 *
 * Errors: `TQ_ERR_INVALID_ENDPOINT`, whose message says what would be right.
 */
export function parseEndpoint(text: string): Endpoint {
  if (typeof text !== "string") return refuse(String(text), `it must be a string such as ${forms}.`);
  const [, scheme, slashes, rest] = /^([a-z]+):(\/\/)?(.*)$/s.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) return refuse(text, `it must be ${forms}.`);
  if (/\s/.test(text)) return refuse(text, "it must not hold white space.");
  if (scheme === "memory") return parseMemory(text, rest, slashes !== undefined);
  if (slashes === undefined) return refuse(text, `"${scheme}:" needs two slashes; it must be ${forms}.`);
  switch (scheme) {
    case "tcp":
      return parseTcp(text, rest);
    case "ipc":
      return parseIpc(text, rest);
    case "inproc":
      return rest === "" ? refuse(text, "a name must follow inproc://.") : { kind: "inproc", name: rest };
    default:
      return refuse(text, `"${scheme}" is not served; it must be ${forms}.`);
  }
}

/** The endpoint as text. `parseEndpoint` reads it back. */
export function formatEndpoint(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case "tcp": {
      const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
      return `tcp://${host}:${endpoint.port}`;
    }
    case "ipc":
      return `ipc://${endpoint.path}`;
    case "inproc":
      return `inproc://${endpoint.name}`;
    case "memory":
      return `memory:${endpoint.name}`;
  }
}

function parseMemory(text: string, name: string, hasSlashes: boolean): Endpoint {
  if (hasSlashes) return refuse(text, `a memory endpoint has no slashes: memory:${name}.`);
  if (name === "") return refuse(text, "a name must follow memory:.");
  return { kind: "memory", name };
}

function parseIpc(text: string, path: string): Endpoint {
  if (path === "") return refuse(text, "a path must follow ipc://, such as ipc:///run/tq/workers.");
  if (Buffer.byteLength(path) > ipcPathBytesMax) {
    return refuse(
      text,
      `its path is longer than the ${ipcPathBytesMax} bytes that a Unix socket's may have.`,
    );
  }
  return { kind: "ipc", path };
}

function parseTcp(text: string, rest: string): Endpoint {
  const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:[\]/]*)):([^:/]*)$/.exec(rest) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || portText === undefined) {
    return refuse(text, "it must be tcp://HOST:PORT; an IPv6 address goes in brackets: tcp://[::1]:5557.");
  }
  if (host === "") return refuse(text, "the host is missing: tcp://127.0.0.1:5557.");
  if (bracketed !== undefined && !/^[0-9a-fA-F:.]+(%[\w.-]+)?$/.test(bracketed)) {
    return refuse(text, `"${bracketed}" is not an IPv6 address.`);
  }
  if (plain !== undefined && plain !== "*" && !/^[\w.-]+$/.test(plain)) {
    return refuse(text, `"${plain}" is not a host name or an IPv4 address.`);
  }
  if (portText === "*") return { kind: "tcp", host, port: "*" };
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : Number.NaN;
  if (!(port >= 1 && port <= 65_535)) {
    return refuse(text, `the port must be 1 to 65535, or * at a bind for any free one; it is "${portText}".`);
  }
  return { kind: "tcp", host, port };
}

/**
 * For `connect`: an endpoint that names one place.
 *
 * Errors: `TQ_ERR_INVALID_ENDPOINT`.
 */
export function parseConnectEndpoint(text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  const isWild =
    endpoint.kind === "tcp"
      ? endpoint.host === "*" || endpoint.port === "*"
      : (endpoint.kind === "ipc" ? endpoint.path : endpoint.name) === "*";
  if (isWild) return refuse(text, "a * is only for binding; to connect, name the place that was bound.");
  return endpoint;
}

/** Addresses that stand for every interface of whoever bound them: `*`, `0.0.0.0`, and `::` in all its spellings. */
export const isWildcardHost = (host: string): boolean => host === "*" || /^(0\.0\.0\.0|0*:[0:]*)$/.test(host);

/**
 * What to connect to, given the endpoint that a peer announced for itself and the one by which that peer was reached. A
 * host that stands for every interface says nothing to others: it is replaced by the host of `via`, or by the loopback
 * where `via` never leaves the machine. All else is unchanged, also what no endpoint is: whoever connects to that is told.
 */
export function reachableEndpoint(announced: string, via: string): string {
  const target = readOrUndefined(announced);
  if (target?.kind !== "tcp" || !isWildcardHost(target.host)) return announced;
  const reached = readOrUndefined(via);
  if (reached === undefined) return announced;
  const loopback = target.host.includes(":") ? "::1" : "127.0.0.1";
  return formatEndpoint({ ...target, host: reached.kind === "tcp" ? reached.host : loopback });
}

function readOrUndefined(text: string): Endpoint | undefined {
  try {
    return parseEndpoint(text);
  } catch {
    return undefined;
  }
}
