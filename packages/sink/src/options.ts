/** What a sink can be told, and what is wrong with what it was told. */
import { TqError } from "@tq/common";
import { checkKnownOptions } from "@tq/common/contract";
import { checkPeerName, type TqLogger } from "@tq/common/node";
import {
  type Compression,
  checkCompression,
  parseConnectEndpoint,
  parseEndpoint,
} from "@tq/common/transport";
import type { SinkLimits } from "./core/limits.ts";

/** Where a sink keeps results. */
export interface StoreOptions {
  /**
   * An SQLite file, made where there is none, with its folder. One sink at a time; anybody may read it meanwhile. Beside it are
   * `-wal`, `-shm` and `.lock`.
   */
  readonly file: string;
  /**
   * How long a result is kept after its commit, read or not, in milliseconds: at least 1,000. Only an open `sink.cursor()` is waited for. That a task has ended is remembered
   * for longer: nothing comes twice. Default: for ever.
   */
  readonly keepForMs?: number | undefined;
}

/** How a sink is started. */
export interface SinkOptions {
  /** Where workers and ventilators connect, for example `tcp://127.0.0.1:5558`; port `*` takes a free one. */
  readonly bind: string;
  /**
   * Where workers deliver outcomes of the push lane, for example `tcp://127.0.0.1:5568`; port `*` takes a free one. Ventilators
   * are told, and tell their workers. While one definition's results are not read, those of all others wait, too. Default:
   * this sink takes no part in the push lane.
   */
  readonly push?: string | undefined;
  /** Where subscribers to events connect, for example `tcp://127.0.0.1:5560`. Default: none can. */
  readonly events?: string | undefined;
  /** Publishers' side of an event proxy, to publish events there (too). Default: none. */
  readonly eventsProxy?: string | undefined;
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
  /**
   * Keeps results in a file: one is committed when it is stored, whether or not a loop reads, and no end of this process loses or
   * doubles any. Default: in memory; one is committed when a loop asks for the next.
   */
  readonly store?: StoreOptions | undefined;
  /** Default: JSON lines on stderr. */
  readonly log?: TqLogger | undefined;
  /**
   * Results of one definition that wait for a loop, or for the store, at most, over all workers; beyond it they wait at their workers.
   * Shared out equally, at least one per worker. Default 65,536.
   */
  readonly waitingResultsMax?: number | undefined;
  /** Bytes of their outputs at most, at least one output per worker. Default 64 MiB. */
  readonly waitingBytesMax?: number | undefined;
}

const known: Record<keyof SinkOptions, true> = {
  bind: true,
  push: true,
  events: true,
  eventsProxy: true,
  name: true,
  insecure: true,
  compression: true,
  store: true,
  log: true,
  waitingResultsMax: true,
  waitingBytesMax: true,
};

const knownOfStore: Record<keyof StoreOptions, true> = { file: true, keepForMs: true };

const numbers = ["waitingResultsMax", "waitingBytesMax"] as const;

/**
 * Checks everything before anything is started.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_INVALID_ENDPOINT`.
 */
export function checkOptions(options: SinkOptions): void {
  checkKnownOptions("startSink", options, known);
  checkPeerName("startSink", options.name);
  checkCompression(options.compression);
  parseEndpoint(options.bind);
  if (options.push !== undefined) parseEndpoint(options.push);
  if (options.events !== undefined) parseEndpoint(options.events);
  if (options.eventsProxy !== undefined) parseConnectEndpoint(options.eventsProxy);
  if (options.store !== undefined) checkStore(options.store);
  for (const option of numbers) {
    const value = options[option];
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw new TqError("TQ_ERR_INVALID_OPTION", `${option} is a whole number from 1, not ${String(value)}`, {
      details: { option },
    });
  }
}

const keepForMsMin = 1_000;

function checkStore(store: StoreOptions): void {
  checkKnownOptions("startSink", store, knownOfStore);
  const { file, keepForMs } = store;
  if (typeof file !== "string" || file === "") throw invalidStore("store.file is the path of a file");
  if (keepForMs === undefined || (Number.isSafeInteger(keepForMs) && keepForMs >= keepForMsMin)) return;
  throw invalidStore(
    `store.keepForMs is a whole number of milliseconds from ${keepForMsMin}, not ${String(keepForMs)}`,
  );
}

const invalidStore = (message: string): TqError =>
  new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "store" } });

/** The core's limits as far as the options change them. */
export function limitsOf({ waitingResultsMax, waitingBytesMax }: SinkOptions): Partial<SinkLimits> {
  return {
    ...(waitingResultsMax === undefined ? {} : { waitingResultsMax }),
    ...(waitingBytesMax === undefined ? {} : { waitingBytesMax }),
  };
}
