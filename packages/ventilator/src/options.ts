/** What a ventilator can be told, and what is wrong with what it was told. */
import { TqError } from "@tq/common";
import { checkKnownOptions } from "@tq/common/contract";
import { checkPeerName, type TqLogger } from "@tq/common/node";
import {
  type Compression,
  checkCompression,
  parseConnectEndpoint,
  parseEndpoint,
} from "@tq/common/transport";
import { wireLimits } from "@tq/common/wire";
import type { VentilatorLimits } from "./core/limits.ts";
import { checkJournal, type JournalOptions } from "./journal/journal-options.ts";

/** How a ventilator is started. */
export interface VentilatorOptions {
  /** Where workers connect, for example `tcp://127.0.0.1:5557`; port `*` takes a free one. */
  readonly workers: string;
  /** Where remote producers connect. Default: none may. */
  readonly producers?: string | undefined;
  /** Endpoints of the sinks, as workers and this process can reach them. Default none: only `run` and `map` are possible. */
  readonly sinks?: readonly string[] | undefined;
  /**
   * Where workers read tasks that are delivered at most once, for example `tcp://127.0.0.1:5561`. Default: such tasks are refused
   * with `TQ_ERR_NO_PUSH_LANE`.
   */
  readonly push?: string | undefined;
  /** Where subscribers to events connect, for example `tcp://127.0.0.1:5560`. Default: none can. */
  readonly events?: string | undefined;
  /** Publishers' side of an event proxy, to publish events there (too). Default: none. */
  readonly eventsProxy?: string | undefined;
  /** Keeps accepted tasks on disk until they are settled, and takes them up again at the next start. Default: in memory only. */
  readonly journal?: JournalOptions | undefined;
  /** How this process is shown to people. Default `host:pid`. */
  readonly name?: string | undefined;
  /** Allows to bind beyond the loopback, without encryption. Default false. */
  readonly insecure?: boolean | undefined;
  /**
   * Whether large message bodies leave packed (LZ4), where that saves an eighth: `auto`, towards other machines only; `off`;
   * `always`. Whatever it is, packed bodies are read. Attachments, that is binaries of 32 KiB and more, are never packed.
   * Default `auto`.
   */
  readonly compression?: Compression | undefined;
  /** Default: JSON lines on stderr. */
  readonly log?: TqLogger | undefined;
  /** Unsettled tasks held at most; beyond it `submit` waits. Default 1,000,000. */
  readonly unsettledTasksMax?: number | undefined;
  /** Bytes of their payloads at most. Default 512 MiB. */
  readonly unsettledBytesMax?: number | undefined;
  /** Tasks that failed for good and are kept until they are retried or discarded; beyond it the oldest are dropped. Default 10,000. */
  readonly deadLettersMax?: number | undefined;
  /** Idempotency keys kept of settled tasks; beyond it those are forgotten whose tasks ended first. Default 1,000,000. */
  readonly idempotencyKeysMax?: number | undefined;
  /** One encoded input of a task submitted here, in bytes, its binaries included, at most 64 MiB. Larger ones are refused. Default 16 MiB. */
  readonly payloadBytesMax?: number | undefined;
}

const known: Record<keyof VentilatorOptions, true> = {
  workers: true,
  producers: true,
  sinks: true,
  push: true,
  events: true,
  eventsProxy: true,
  journal: true,
  name: true,
  insecure: true,
  compression: true,
  log: true,
  unsettledTasksMax: true,
  unsettledBytesMax: true,
  deadLettersMax: true,
  idempotencyKeysMax: true,
  payloadBytesMax: true,
};

/**
 * Checks everything before anything is started.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_INVALID_ENDPOINT`.
 */
export function checkOptions(options: VentilatorOptions): void {
  checkKnownOptions("startVentilator", options, known);
  checkPeerName("startVentilator", options.name);
  checkCompression(options.compression);
  checkJournal("startVentilator", options.journal);
  for (const endpoint of endpointsOf(options)) parseEndpoint(endpoint);
  if (options.eventsProxy !== undefined) parseConnectEndpoint(options.eventsProxy);
  for (const [field, max] of [
    ["unsettledTasksMax", Number.MAX_SAFE_INTEGER],
    ["unsettledBytesMax", Number.MAX_SAFE_INTEGER],
    ["deadLettersMax", Number.MAX_SAFE_INTEGER],
    ["idempotencyKeysMax", Number.MAX_SAFE_INTEGER],
    ["payloadBytesMax", wireLimits.bodyBytesMax],
  ] as const) {
    const value = options[field];
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value <= max)) continue;
    const range = max === Number.MAX_SAFE_INTEGER ? "from 1" : `from 1 to ${max}`;
    throw new TqError("TQ_ERR_INVALID_OPTION", `${field} is a whole number ${range}; got ${String(value)}`, {
      details: { option: field },
    });
  }
}

/** The core's limits as far as the options change them. */
export function limitsOf(options: VentilatorOptions): Partial<VentilatorLimits> {
  const { unsettledTasksMax, unsettledBytesMax, deadLettersMax, idempotencyKeysMax } = options;
  return {
    ...(unsettledTasksMax === undefined ? {} : { unsettledTasksMax }),
    ...(unsettledBytesMax === undefined ? {} : { unsettledBytesMax }),
    ...(deadLettersMax === undefined ? {} : { deadLettersMax }),
    ...(idempotencyKeysMax === undefined ? {} : { idempotencyKeysMax }),
  };
}

function endpointsOf({ workers, producers, sinks, push, events }: VentilatorOptions): readonly string[] {
  if (sinks !== undefined && !Array.isArray(sinks)) {
    throw new TqError("TQ_ERR_INVALID_OPTION", "sinks is an array of endpoints", {
      details: { option: "sinks" },
    });
  }
  const given = [producers, push, events].filter((endpoint) => endpoint !== undefined);
  return [workers, ...given, ...(sinks ?? [])];
}
