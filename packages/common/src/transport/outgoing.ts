/**
 * Makes frames of the messages that leave by one channel: packed where the way is long, apart where memory is shared.
 *
 * On one machine, moving a body costs less than packing it, so `auto` looks at the endpoint. A binding side is not told who
 * connects: one bound beyond the loopback counts as far from all its peers.
 */
import { TqError } from "../contract/index.ts";
import {
  BodyPacker,
  type CompressionCounts,
  type EncodeMessageOptions,
  encodeMessage,
  type Message,
} from "../wire/index.ts";
import { isLoopback } from "./assert-bind-allowed.ts";
import { parseEndpoint } from "./endpoint.ts";
import type { Frames } from "./link.ts";

/**
 * Whether large message bodies leave packed, where that saves an eighth: towards other machines (`auto`), nowhere (`off`), or
 * everywhere (`always`).
 */
export type Compression = "auto" | "off" | "always";

const compressions: readonly unknown[] = ["auto", "off", "always"] satisfies readonly Compression[];

/**
 * Checks an option that a user has given.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`.
 */
export function checkCompression(given: unknown): void {
  if (given === undefined || compressions.includes(given)) return;
  const message = `compression is ${compressions.map((name) => `"${name}"`).join(", ")}, not ${JSON.stringify(given)}`;
  throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "compression" } });
}

export interface OutgoingOptions {
  /** Bound or connected to. */
  readonly endpoint: string;
  readonly compression: Compression;
  readonly counts: CompressionCounts;
}

export class Outgoing {
  readonly #encoding: EncodeMessageOptions;
  readonly #sharesMemory: boolean;

  /** @throws TQ_ERR_INVALID_ENDPOINT */
  constructor({ endpoint, compression, counts }: OutgoingOptions) {
    const target = parseEndpoint(endpoint);
    const packs = compression === "always" || (compression === "auto" && !isLoopback(target));
    this.#encoding = packs ? { pack: new BodyPacker(counts).pack } : {};
    this.#sharesMemory = target.kind === "memory" || target.kind === "inproc";
  }

  frames(message: Message): Frames {
    const frames = encodeMessage(message, this.#encoding);
    return this.#sharesMemory && frames.length > 2 ? withOwnAttachments(frames) : frames;
  }
}

/**
 * What is behind header and body ends up in the hands of whoever reads a value. Without a network in between it would still
 * be the sender's memory, so it is copied once, as a network would.
 */
function withOwnAttachments([header, body, ...attachments]: Frames): Frames {
  const copies = attachments.map((attachment) => new Uint8Array(attachment));
  return header === undefined || body === undefined ? copies : [header, body, ...copies];
}
