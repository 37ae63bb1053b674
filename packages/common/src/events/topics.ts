/**
 * The first frame of each message, by which ZeroMQ filters: a namespace, then what it is about.
 *
 * Namespaces, because a prefix must choose among events only: who subscribes to everything must not get the snapshots that
 * others have asked for.
 */
import { eventLimits } from "./limits.ts";

const eventSpace = "event/";
const snapshotSpace = "snapshot/";
export const beatTopic = "beat";

export type Topic =
  | { readonly kind: "event"; readonly type: string }
  | { readonly kind: "snapshot"; readonly token: string }
  | { readonly kind: "beat" };

/** Also of a prefix of types. */
export const eventTopic = (type: string): string => eventSpace + type;
export const snapshotTopic = (token: string): string => snapshotSpace + token;

export function parseTopic(text: string): Topic | undefined {
  if (text === beatTopic) return { kind: "beat" };
  if (text.startsWith(eventSpace)) {
    const type = text.slice(eventSpace.length);
    return /^[!-~]+$/.test(type) ? { kind: "event", type } : undefined;
  }
  const token = text.startsWith(snapshotSpace) ? text.slice(snapshotSpace.length) : "";
  return /^[0-9a-f]{16}$/.test(token) ? { kind: "snapshot", token } : undefined;
}

/** Whether a type is chosen by one of these prefixes. */
export const isChosen = (type: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => type.startsWith(prefix));

/** What a subscriber says to a publisher, as ZeroMQ has it: one byte, then the topic. */
export interface Subscription {
  readonly isOn: boolean;
  readonly topic: string;
}

export function encodeSubscription({ isOn, topic }: Subscription): Uint8Array {
  return Buffer.from(`${isOn ? "\u0001" : "\u0000"}${topic}`, "latin1");
}

/** Nothing for what is no subscription, or to a topic that nothing can ever have. */
export function decodeSubscription(frames: readonly Uint8Array[]): Subscription | undefined {
  const [frame] = frames;
  if (frame === undefined || frames.length > 1 || frame.length > 1 + eventLimits.topicCharsMax)
    return undefined;
  const [first] = frame;
  if (first !== 0 && first !== 1) return undefined;
  return { isOn: first === 1, topic: Buffer.from(frame.subarray(1)).toString("latin1") };
}
