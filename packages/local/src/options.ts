/** What a local pipeline can be told, and what is wrong with what it was told. */
import { type Handler, TqError } from "@tq/common";
import { checkKnownOptions, isHandler } from "@tq/common/contract";
import { checkPeerName, type TqLogger } from "@tq/common/node";

/** A file that exports handlers: a `file:` URL, as `new URL("./handlers.ts", import.meta.url)`, or a path. */
export type HandlerFile = string | URL;

interface CommonLocalOptions {
  /** How many workers, from 1 to 256. Default 1. */
  readonly workers?: number | undefined;
  /** Tasks that each worker runs at once. Default: the machine's parallelism. */
  readonly concurrency?: number | undefined;
  /**
   * One encoded input or output, in bytes, its binaries included, at most 64 MiB. A larger input is refused, a larger output fails
   * its attempt. Default 16 MiB.
   */
  readonly payloadBytesMax?: number | undefined;
  /** How it is shown in logs and results; of several workers each has its number behind it. Default `local`. */
  readonly name?: string | undefined;
  /** Default: JSON lines on stderr, warnings and worse. */
  readonly log?: TqLogger | undefined;
}

/** Workers in this thread: for handlers that wait. */
export interface LocalLoopOptions extends CommonLocalOptions {
  /** Default: false. */
  readonly threads?: false | undefined;
  /** What can be run. At least one. */
  readonly handlers: readonly Handler[];
  /** Of threads only. */
  readonly threadHeapMb?: undefined;
}

/** Each worker on a thread of its own: for handlers that compute. A thread that dies is started anew. */
export interface LocalThreadsOptions extends CommonLocalOptions {
  /** Starts the threads. */
  readonly threads: true;
  /**
   * Files that export what `handler` made, by name or as an array by default; paths are relative to the process's folder.
   * Functions cannot cross to another thread, so each thread loads them itself.
   */
  readonly handlers: HandlerFile | readonly HandlerFile[];
  /** JavaScript heap of each thread, in MiB, from 8. A thread that needs more dies, and is started anew. Default: Node's. */
  readonly threadHeapMb?: number | undefined;
}

/** How a pipeline in one process is started. */
export type LocalOptions = LocalLoopOptions | LocalThreadsOptions;

const known: Record<keyof LocalLoopOptions | keyof LocalThreadsOptions, true> = {
  handlers: true,
  threads: true,
  workers: true,
  concurrency: true,
  threadHeapMb: true,
  payloadBytesMax: true,
  name: true,
  log: true,
};

/** A worker in the loop is cheap; a thread costs some 10 MiB. */
const workersMax = 256;
/** With less, a thread dies before it has loaded tq. */
const threadHeapMbMin = 8;

/**
 * What the roles themselves check, handlers, `concurrency` and `payloadBytesMax`, is left to them.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`.
 */
export function checkOptions(options: LocalOptions): void {
  checkKnownOptions("startLocal", options, known);
  checkPeerName("startLocal", options.name);
  const { workers = 1, threads = false } = options;
  refuseUnless(isWhole(workers, 1, workersMax), "workers", `a whole number from 1 to ${workersMax}`);
  refuseUnless(typeof threads === "boolean", "threads", "true or false");
  if (options.threads === true) checkThreads(options);
  else checkLoop(options);
}

/** The files of handlers, however many were given. */
export const filesOf = ({ handlers }: LocalThreadsOptions): readonly HandlerFile[] =>
  isFile(handlers) ? [handlers] : handlers;

function checkThreads(options: LocalThreadsOptions): void {
  const { handlers, threadHeapMb = threadHeapMbMin } = options;
  const given: readonly unknown[] = Array.isArray(handlers) ? handlers : [handlers];
  const remedy =
    'for threads it takes the files that export them, as new URL("./handlers.ts", import.meta.url)';
  const hasFunctions = given.some((each) => isHandler(each) || typeof each === "function");
  if (hasFunctions) throw invalid("handlers", `functions cannot cross to another thread; ${remedy}`);
  if (given.length === 0 || !given.every(isFile)) throw invalid("handlers", remedy);
  const isHeap = isWhole(threadHeapMb, threadHeapMbMin, Number.MAX_SAFE_INTEGER);
  refuseUnless(isHeap, "threadHeapMb", `a whole number from ${threadHeapMbMin}, in MiB`);
}

function checkLoop(options: LocalLoopOptions): void {
  const { handlers, threadHeapMb }: { readonly [option in keyof LocalThreadsOptions]?: unknown } = options;
  const given: readonly unknown[] = Array.isArray(handlers) ? handlers : [handlers];
  if (given.some(isFile)) throw invalid("handlers", "files of handlers are for threads: true");
  refuseUnless(threadHeapMb === undefined, "threadHeapMb", "left out without threads: true");
}

const isFile = (value: unknown): value is HandlerFile =>
  (typeof value === "string" && value !== "") || (value instanceof URL && value.protocol === "file:");

const isWhole = (value: unknown, min: number, max: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;

function refuseUnless(isRight: boolean, option: string, expected: string): void {
  if (!isRight) throw invalid(option, `it must be ${expected}`);
}

function invalid(option: string, problem: string): TqError<"TQ_ERR_INVALID_OPTION"> {
  return new TqError("TQ_ERR_INVALID_OPTION", `startLocal: ${option}: ${problem}`, { details: { option } });
}
