/** What a worker can be told, and what is wrong with what it was told. */
import { availableParallelism } from "node:os";
import { type Handler, TqError } from "@tq/common";
import { checkKnownOptions, isHandler } from "@tq/common/contract";
import { checkPeerName, defaultName, isPeerName, type TqLogger } from "@tq/common/node";
import { type Compression, checkCompression, formatEndpoint, parseEndpoint } from "@tq/common/transport";
import { type DefinitionInfo, wireLimits } from "@tq/common/wire";
import type { WorkerLimits } from "./core/limits.ts";

/** How a worker is started. */
export interface WorkerOptions {
  /**
   * Where the ventilators serve workers, for example `["tcp://10.0.0.5:5557"]`. A worker of several shares itself equally
   * among those that have work.
   */
  readonly ventilators: readonly string[];
  /** What it can run, made by `handler`. Several versions of one task may be given, not two of the same. */
  readonly handlers: readonly Handler[];
  /**
   * Handlers that run at once, from 1 to 16,384. Default: the number of processors. Handlers share one thread: more of
   * them help where they wait, for a network or a disk; for computing, start more processes.
   */
  readonly concurrency?: number | undefined;
  /** How this process is shown to people, 1 to 128 characters. Default `host:pid`. */
  readonly name?: string | undefined;
  /** Labels shown beside the name, at most 64. */
  readonly tags?: readonly string[] | undefined;
  /**
   * Whether large message bodies leave packed (LZ4), where that saves an eighth: `auto`, towards other machines only; `off`;
   * `always`. Whatever it is, packed bodies are read. Attachments, that is binaries of 32 KiB and more, are never packed.
   * Default `auto`.
   */
  readonly compression?: Compression | undefined;
  /**
   * Whether it takes tasks of the push lane, from ventilators that have one. Whoever reads there gets tasks of every definition,
   * and fails those that it has no handler for (`TQ_ERR_NO_HANDLER`): so set it to false where other workers have the
   * handlers. Default true.
   */
  readonly push?: boolean | undefined;
  /** Default: JSON lines on stderr. */
  readonly log?: TqLogger | undefined;
  /**
   * Tasks of one definition that may wait here, over all ventilators; the worker asks for about 20 ms of work within this
   * limit. Raised: more tasks run again when this process dies. Default 8,192, and at least `concurrency`.
   */
  readonly windowTasksMax?: number | undefined;
  /** Bytes of their inputs. Default 16 MiB. */
  readonly windowBytesMax?: number | undefined;
  /** Results of one definition that may wait for their commit; beyond it the worker takes no more of it. Default 16,384. */
  readonly uncommittedTasksMax?: number | undefined;
  /** Bytes of these results. Default 64 MiB. */
  readonly uncommittedBytesMax?: number | undefined;
  /** One encoded output or progress value, in bytes, at most 64 MiB. Larger ones fail their attempt. Default 16 MiB. */
  readonly payloadBytesMax?: number | undefined;
}

/** All attempts of a worker have to fit into one heartbeat, waiting ones and uncommitted results included. */
const concurrencyMax = wireLimits.idsPerMessageMax / 4;

const limitNames = [
  "windowTasksMax",
  "windowBytesMax",
  "uncommittedTasksMax",
  "uncommittedBytesMax",
  "payloadBytesMax",
] as const;

const known: Record<keyof WorkerOptions, true> = {
  ventilators: true,
  handlers: true,
  concurrency: true,
  name: true,
  tags: true,
  push: true,
  compression: true,
  log: true,
  windowTasksMax: true,
  windowBytesMax: true,
  uncommittedTasksMax: true,
  uncommittedBytesMax: true,
  payloadBytesMax: true,
};

export interface CheckedOptions {
  readonly ventilators: readonly string[];
  readonly handlers: readonly Handler[];
  /** In the order of the handlers. */
  readonly definitions: readonly DefinitionInfo[];
  readonly slots: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly takesPushed: boolean;
  readonly limits: Partial<WorkerLimits>;
  readonly compression: Compression | undefined;
}

/**
 * Checks everything before anything is started.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_INVALID_ENDPOINT`, `TQ_ERR_NO_HANDLER`, `TQ_ERR_INVALID_HANDLER`,
 * `TQ_ERR_DUPLICATE_HANDLER`.
 */
export function checkOptions(options: WorkerOptions): CheckedOptions {
  checkKnownOptions("startWorker", options, known);
  checkCompression(options.compression);
  const { handlers, name = defaultName(), tags = [], push = true } = options;
  const slots = options.concurrency ?? availableParallelism();
  refuseUnless(isWhole(slots, concurrencyMax), "concurrency", `a whole number from 1 to ${concurrencyMax}`);
  checkPeerName("startWorker", name);
  const areTags = Array.isArray(tags) && tags.length <= wireLimits.tagsMax && tags.every(isPeerName);
  refuseUnless(areTags, "tags", `a list of at most ${wireLimits.tagsMax} short texts`);
  refuseUnless(typeof push === "boolean", "push", "true or false");
  const ventilators = checkVentilators(options.ventilators);
  return {
    ventilators,
    handlers,
    definitions: checkHandlers(handlers),
    slots,
    name,
    tags,
    takesPushed: push,
    limits: limitsOf(options),
    compression: options.compression,
  };
}

function checkVentilators(endpoints: unknown): string[] {
  const isList =
    Array.isArray(endpoints) && endpoints.length > 0 && endpoints.every((each) => typeof each === "string");
  refuseUnless(isList, "ventilators", "a list of at least one endpoint");
  const written = (endpoints as string[]).map((endpoint) => formatEndpoint(parseEndpoint(endpoint)));
  refuseUnless(new Set(written).size === written.length, "ventilators", "a list of different endpoints");
  return written;
}

function checkHandlers(handlers: readonly Handler[]): DefinitionInfo[] {
  if (!Array.isArray(handlers) || handlers.length === 0) {
    throw new TqError("TQ_ERR_NO_HANDLER", "a worker needs at least one handler, made by handler(task, run)");
  }
  const isFew = handlers.length <= wireLimits.definitionsMax;
  refuseUnless(isFew, "handlers", `a list of at most ${wireLimits.definitionsMax} handlers`);
  const seen = new Set<string>();
  return handlers.map((handler: unknown, index) => {
    if (!isHandler(handler)) {
      throw new TqError("TQ_ERR_INVALID_HANDLER", `handlers[${index}] was not made by handler(task, run)`);
    }
    const { name, contractId: contract, policy } = handler.task;
    const key = JSON.stringify([name, contract]);
    if (seen.has(key)) {
      const version = contract === undefined ? "without a version" : `of version ${contract}`;
      throw new TqError("TQ_ERR_DUPLICATE_HANDLER", `two handlers were given for ${name} ${version}`, {
        details: { task: name, contract },
      });
    }
    seen.add(key);
    return { name, policy, ...(contract === undefined ? {} : { contract }) };
  });
}

function limitsOf(options: WorkerOptions): Partial<WorkerLimits> {
  const limits: Partial<Record<keyof WorkerLimits, number>> = {};
  for (const limit of limitNames) {
    const value = options[limit];
    if (value === undefined) continue;
    const max = limit === "payloadBytesMax" ? wireLimits.bodyBytesMax : Number.MAX_SAFE_INTEGER;
    refuseUnless(isWhole(value, max), limit, `a whole number from 1 to ${max}`);
    limits[limit] = value;
  }
  return limits;
}

const isWhole = (value: unknown, max: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= max;

function refuseUnless(fits: boolean, option: string, what: string): void {
  if (!fits) throw new TqError("TQ_ERR_INVALID_OPTION", `${option} must be ${what}`, { details: { option } });
}
