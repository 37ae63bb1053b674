/** What a producer can be told, and what is wrong with what it was told. */
import { TqError } from "@tq/common";
import { checkKnownOptions, contractLimits } from "@tq/common/contract";
import { checkPeerName, type TqLogger } from "@tq/common/node";
import { type Compression, checkCompression, parseEndpoint } from "@tq/common/transport";
import { wireLimits } from "@tq/common/wire";
import { defaultProducerLimits } from "./core/port.ts";

/** How a producer is started. */
export interface ProducerOptions {
  /** The ventilators' endpoints for producers, for example `tcp://10.0.0.5:5559`. At least one; tasks are spread over them. */
  readonly ventilators: readonly string[];
  /** How this process is shown to people. Default `host:pid`. */
  readonly name?: string | undefined;
  /**
   * Whether large message bodies leave packed (LZ4), where that saves an eighth: `auto`, towards other machines only; `off`;
   * `always`. Whatever it is, packed bodies are read. Attachments, that is binaries of 32 KiB and more, are never packed.
   * Default `auto`.
   */
  readonly compression?: Compression | undefined;
  /** Default: JSON lines on stderr. */
  readonly log?: TqLogger | undefined;
  /**
   * How long all ventilators may be out of reach, at the start and later, in milliseconds from 1 to 2³¹−1; then waiting calls
   * are told. Default 10,000.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How long the first ventilator is looked for at the start, in milliseconds from 1 to 2³¹−1, where that is less than
   * `timeoutMs`. Default `timeoutMs`.
   */
  readonly connectTimeoutMs?: number | undefined;
  /** One encoded input, in bytes, its binaries included, at most 64 MiB. Larger ones are refused. Default 16 MiB. */
  readonly payloadBytesMax?: number | undefined;
  /**
   * How many bytes of payload are kept at most: those of tasks whose result goes to a sink, until it is committed, so that
   * they can be submitted again if their ventilator forgets them or does not come back. Beyond it calls wait. From 1 to 2⁵³−1.
   * Default 256 MiB.
   */
  readonly keptBytesMax?: number | undefined;
}

export const timeoutDefaultMs = 10_000;
export const keptBytesDefault = defaultProducerLimits.keptBytesMax;

const known: Record<keyof ProducerOptions, true> = {
  ventilators: true,
  name: true,
  compression: true,
  log: true,
  timeoutMs: true,
  connectTimeoutMs: true,
  payloadBytesMax: true,
  keptBytesMax: true,
};

/**
 * Checks everything before anything is started.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_INVALID_ENDPOINT`.
 */
export function checkOptions(options: ProducerOptions): void {
  checkKnownOptions("startProducer", options, known);
  checkPeerName("startProducer", options.name);
  checkCompression(options.compression);
  const { ventilators, payloadBytesMax } = options;
  if (!Array.isArray(ventilators) || ventilators.length === 0) {
    throw invalid("ventilators is an array of at least one endpoint for producers", "ventilators");
  }
  for (const endpoint of ventilators) parseEndpoint(endpoint);
  for (const name of ["timeoutMs", "connectTimeoutMs"] as const) checkTimeout(name, options[name]);
  const bytesMax = wireLimits.bodyBytesMax;
  const isSize = Number.isSafeInteger(payloadBytesMax) && Number(payloadBytesMax) >= 1;
  if (payloadBytesMax !== undefined && !(isSize && payloadBytesMax <= bytesMax)) {
    const message = `payloadBytesMax is a whole number from 1 to ${bytesMax}, not ${String(payloadBytesMax)}`;
    throw invalid(message, "payloadBytesMax");
  }
  const { keptBytesMax } = options;
  if (keptBytesMax !== undefined && !(Number.isSafeInteger(keptBytesMax) && keptBytesMax >= 1)) {
    const message = `keptBytesMax is a whole number from 1 to 2^53 - 1, not ${String(keptBytesMax)}`;
    throw invalid(message, "keptBytesMax");
  }
}

function checkTimeout(name: string, value: unknown): void {
  const max = contractLimits.timeoutMsMax;
  if (value === undefined || (typeof value === "number" && value >= 1 && value <= max)) return;
  throw invalid(`${name} is a number from 1 to ${max}, not ${String(value)}`, name);
}

function invalid(message: string, option: string): TqError<"TQ_ERR_INVALID_OPTION"> {
  return new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option } });
}
