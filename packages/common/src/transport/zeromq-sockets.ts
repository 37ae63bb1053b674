/**
 * The only file that knows the ZeroMQ library: makes its sockets with the options that all of tq's links share.
 *
 * - `sendTimeout: 0`: a send is done, or refused, when it returns. So no send is ever pending, and the library's rule of
 *   one pending send per socket needs no queue in front. What is refused is dropped, as the port allows.
 * - `receiveTimeout` stays at −1. Draining with 0 saves one system call per message (0.8 µs of 8), but ends each drain
 *   with an error that costs 6 µs, and stops the library from seeing, at each receive, that a pipe has room again.
 * - The library's high-water mark is twice what a link promises: it learns of messages that have left in steps of half
 *   the mark, so only half of it can be counted on.
 * - `linger` is set always: the default waits for ever at the end of the process.
 * - No ZMTP heartbeats: libzmq 4.3.5 aborts the whole process when a ping falls due on a connection that ended while its
 *   pipe was full and unread (`Assertion failed: !_io_error`). Any peer that floods a port and leaves while the loop is
 *   stuck could bring that about. TCP keepalive and the silence that a client notices find dead connections instead.
 * - `routingId` is never set: a ROUTER then gives each connection its own.
 */
import { Context, Dealer, type Observer, Pull, Push, Router, XPublisher, XSubscriber } from "zeromq";
import { linkLimits } from "./limits.ts";
import type { LinkCounters } from "./link-counters.ts";

export type { Context, Dealer, Observer, Pull, Push, Router, XPublisher, XSubscriber };

/** A day. */
const neverMs = 86_400_000;

export interface SocketSettings {
  readonly context: Context;
  readonly lingerMs: number;
  readonly frameBytesMax: number;
  readonly pipeMessagesMax: number;
  readonly handshakeMs: number;
}

/** Contexts whose node has closed. The library gives no way to end one before the process does: two threads, five descriptors. */
const freeContexts: Context[] = [];

/** One context per node: its threads, and later its keys, are its own for as long as the node is open. */
export function takeContext(): Context {
  return freeContexts.pop() ?? new Context({ blocky: false, ioThreads: 1 });
}

/** For the next node. All of its sockets have ended. */
export function giveBackContext(context: Context): void {
  freeContexts.push(context);
}

/** Holds a name of this process, and does nothing else. In the context that all threads share, unlike every other socket. */
export function createHolder(): Router {
  return new Router({ linger: 0 });
}

/**
 * Writing end of one-way pipes. A send waits for room, for nothing else tells of it; the writer in front has one at a time.
 */
export function createPush(settings: SocketSettings, { useIpv6, isBound }: PipeSide): Push {
  return new Push({
    ...pipeOptions(settings, useIpv6),
    ...(isBound ? { backlog: linkLimits.acceptBacklogMax, zapDomain: modernPeersOnly } : connectingOptions),
    sendHighWaterMark: linkLimits.pushMessagesMax,
    sendBufferSize: linkLimits.pushKernelBytes,
  });
}

/**
 * Peers of versions before 3.0 have no handshake, and the first bytes of a web browser look like one of 1.0: it would be
 * given tasks. A domain for authentication is what makes the library refuse them; without an authenticator (and not
 * enforced) it asks nothing of the others.
 */
const modernPeersOnly = "tq";

/** Reading end of one-way pipes. */
export function createPull(settings: SocketSettings, { useIpv6, isBound }: PipeSide): Pull {
  return new Pull({
    ...pipeOptions(settings, useIpv6),
    ...(isBound ? { backlog: linkLimits.acceptBacklogMax } : connectingOptions),
    receiveHighWaterMark: linkLimits.pushMessagesMax,
    receiveBufferSize: linkLimits.pushKernelBytes,
  });
}

export interface PipeSide {
  readonly useIpv6: boolean;
  readonly isBound: boolean;
}

export function createRouter(settings: SocketSettings, useIpv6: boolean): Router {
  return new Router({
    ...sharedOptions(settings, useIpv6),
    // Refuses what is for nobody, instead of dropping it in silence.
    mandatory: true,
    backlog: linkLimits.acceptBacklogMax,
  });
}

export function createDealer(settings: SocketSettings, useIpv6: boolean): Dealer {
  return new Dealer({
    ...sharedOptions(settings, useIpv6),
    ...connectingOptions,
  });
}

/** Where events leave. A subscriber whose pipe is full misses them; a send never waits. */
export function createXPublisher(settings: SocketSettings, { useIpv6, isBound }: PipeSide): XPublisher {
  return new XPublisher({
    ...eventOptions(settings, { useIpv6, isBound }),
    // What comes in are subscriptions.
    maxMessageSize: linkLimits.subscriptionBytesMax,
  });
}

/** Where events arrive. */
export function createXSubscriber(settings: SocketSettings, { useIpv6, isBound }: PipeSide): XSubscriber {
  return new XSubscriber({
    ...eventOptions(settings, { useIpv6, isBound }),
    // What leaves are subscriptions: small, and each must arrive.
    sendHighWaterMark: linkLimits.subscriptionsMax,
  });
}

function eventOptions(settings: SocketSettings, { useIpv6, isBound }: PipeSide) {
  return {
    ...pipeOptions(settings, useIpv6),
    ...(isBound ? { backlog: linkLimits.acceptBacklogMax } : connectingOptions),
    sendTimeout: 0,
    sendHighWaterMark: linkLimits.eventMessagesMax,
    receiveHighWaterMark: linkLimits.eventMessagesMax,
  };
}

const connectingOptions = {
  // Never: each connection has a socket of its own. (−1 would say so, but drops what was received and not yet read.)
  reconnectInterval: neverMs,
  connectTimeout: linkLimits.connectMs,
};

function sharedOptions(settings: SocketSettings, useIpv6: boolean) {
  return {
    ...pipeOptions(settings, useIpv6),
    sendTimeout: 0,
    sendHighWaterMark: 2 * settings.pipeMessagesMax,
    receiveHighWaterMark: settings.pipeMessagesMax,
  };
}

/** What one-way pipes and two-way links have in common. */
function pipeOptions(settings: SocketSettings, ipv6: boolean) {
  const { context, lingerMs, frameBytesMax } = settings;
  return {
    context,
    ipv6,
    linger: lingerMs,
    maxMessageSize: frameBytesMax,
    handshakeInterval: settings.handshakeMs,
    heartbeatInterval: 0,
    tcpKeepalive: 1,
    tcpKeepaliveIdle: linkLimits.keepaliveIdleSeconds,
    tcpKeepaliveInterval: linkLimits.keepaliveIntervalSeconds,
    tcpKeepaliveCount: linkLimits.keepaliveCount,
  };
}

/** The library's code of an error, such as `EADDRINUSE`. */
export function errorCode(error: unknown): string | undefined {
  const isCoded = error instanceof Error && "code" in error && typeof error.code === "string";
  return isCoded ? (error.code as string) : undefined;
}

/**
 * Makes the one rejection handler of a link's sends: `EAGAIN` means that the pipe is full or nobody is there,
 * `EHOSTUNREACH` that the route is unknown. Anything else is a bug and goes on as an unhandled rejection.
 */
export function countRefusals(counters: LinkCounters): (error: unknown) => void {
  return (error) => {
    const code = errorCode(error);
    if (code !== "EAGAIN" && code !== "EHOSTUNREACH") throw error;
    counters.countRefusal();
  };
}
