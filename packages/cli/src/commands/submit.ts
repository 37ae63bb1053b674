/** `tq submit`: gives tasks to a ventilator, from the command line or from stdin. */
import { type AnyTask, type Delivery, defineTask, TqError, type } from "@tq/common";
import type { Compression, Producer } from "@tq/producer";
import { loadHandlers } from "@tq/worker/hosting";
import type { Command } from "commander";
import {
  compressionOption,
  type Environment,
  flag,
  option,
  readDuration,
  readEndpoints,
} from "../command-line/options.ts";
import { drainTimeoutMs } from "../command-line/serve.ts";
import { exitCodeOfSignal, listenForStop, type StopSignals } from "../command-line/stop-signals.ts";
import type { ExitCode } from "../exit-codes.ts";
import { createCliLogger, type LogLevel } from "../output/create-cli-logger.ts";
import { errorStyleOf } from "../output/report-error.ts";
import { parseInput } from "../submit/parse-input.ts";
import { submitInputs } from "../submit/submit-inputs.ts";

export interface SubmitCommandOptions {
  readonly ventilator: readonly string[];
  readonly handlers?: string;
  readonly wait: boolean;
  readonly delivery?: Delivery;
  readonly idempotencyKey?: string;
  readonly keepFor?: number;
  readonly timeout?: number;
  readonly name?: string;
  readonly compression: Compression;
  readonly json: boolean;
  readonly logLevel: LogLevel;
}

/** How long somebody has to answer at first where there is no --timeout. */
const connectTimeoutMs = 10_000;
/** Who was there once is waited for: it may be started again at any time. Some weeks. */
const waitMs = 2 ** 31 - 1;

export function describeSubmit(command: Command, environment: Environment): Command {
  return command
    .description("submit a task, or one per line of stdin")
    .argument("<task>", "the task's name")
    .argument("[json]", "its input as JSON; - reads one input per line from stdin; nothing: undefined")
    .addOption(
      option(
        "--ventilator <ep>",
        "producers' endpoint of a ventilator; once for each of several",
        readEndpoints,
      ).makeOptionMandatory(),
    )
    .addOption(option("--handlers <file>", "check inputs here, against the task in this file of handlers"))
    .addOption(
      flag("--wait", "wait for the results and print them, instead of leaving them to a sink", environment),
    )
    .addOption(
      option(
        "--delivery <times>",
        "how often tasks are run (default: as the task says, else at-least-once)",
      ).choices(["at-least-once", "at-most-once"] satisfies readonly Delivery[]),
    )
    .addOption(
      option(
        "--idempotency-key <key>",
        "submit it once: the same input under the same key is answered with the first task",
      ),
    )
    .addOption(
      option(
        "--keep-for <time>",
        "how long the key is answered after the task's end (default: 1h)",
        readDuration,
      ),
    )
    .addOption(
      option(
        "--timeout <time>",
        "bounds the whole, as 30s (default: only finding a ventilator at first, 10s)",
        readDuration,
      ),
    )
    .addOption(option("--name <name>", "what peers and logs call it (default: host and pid)"))
    .addOption(compressionOption())
    .addHelpText(
      "after",
      `
Prints {taskId, traceId, task}, with isDuplicate where a key was known; for - a summary {task, accepted, refused, origin}, where task ids begin with the origin;
with --wait a line per result, like those of tq sink but without worker and duration.
Lines of stdin that are no good are named and left out; the others go on.
A ventilator that is gone for a while is waited for, as long as --timeout says, which is said on stderr.
Where it ends before its input, nextLine tells with which line to go on, as tail -n +N does: all before it are done.
Delivered at most once, a task is accepted when the ventilator has it; what is lost after that is counted there.
Exit codes: 0 fine, 2 an input was refused, 3 a task failed, 4 timed out, 5 nobody there.`,
    );
}

export async function runSubmit(
  [name, json]: readonly [string, string | undefined],
  options: SubmitCommandOptions,
): Promise<ExitCode> {
  if (options.wait && options.delivery === "at-most-once") {
    const message =
      "--wait needs --delivery at-least-once: of what is delivered at most once, nobody tells the submitter how it ends";
    throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "delivery" } });
  }
  if (options.idempotencyKey !== undefined && (options.wait || json === "-")) {
    const message =
      "--idempotency-key is for one task whose result goes to a sink: leave out --wait, and give its input instead of -";
    throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "idempotencyKey" } });
  }
  const task = await findTask(name, options.handlers);
  const isStream = json === "-";
  const value = json === undefined || isStream ? undefined : parseArgument(json);
  using stop = listenForStop();
  const startedAt = performance.now();
  const producer = await connect(options, stop);
  try {
    const { timeout: ms, wait: isWaiting } = options;
    const timeout =
      ms === undefined ? undefined : { ms, leftMs: Math.max(1, ms - (performance.now() - startedAt)) };
    const source = isStream ? process.stdin : [{ where: undefined, value }];
    const { logLevel } = options;
    const log = createCliLogger("submit", logLevel === "silent" ? "warn" : logLevel);
    const style = errorStyleOf(options);
    const isConnected = () => producer.connected;
    const exitCode = await submitInputs({
      submitter: producer,
      isConnected,
      task,
      source,
      isWaiting,
      delivery: options.delivery,
      idempotencyKey: options.idempotencyKey,
      keepForMs: options.keepFor,
      timeout,
      stop,
      style,
      log,
    });
    // What a ventilator that is gone had accepted would go with us: others are just being given it.
    const leftMs = startedAt + (ms ?? waitMs) - performance.now();
    await producer.drain({ timeoutMs: Math.max(1, Math.min(drainTimeoutMs, leftMs)) });
    return exitCode;
  } finally {
    await producer.close();
  }
}

function parseArgument(json: string): unknown {
  const parsed = parseInput(json, "the input");
  if (parsed !== undefined) return parsed.value;
  throw new TqError("TQ_ERR_INVALID_INPUT", "the input is empty: give JSON, or - to read stdin");
}

/** Without a file of handlers nothing is known of the task but its name: the workers check its inputs. */
async function findTask(name: string, file: string | undefined): Promise<AnyTask> {
  if (file === undefined) return defineTask({ name, input: type<unknown>(), output: type<unknown>() });
  const handlers = await loadHandlers([file]);
  const found = handlers.find(({ task }) => task.name === name);
  if (found !== undefined) return found.task;
  const names = handlers.map(({ task }) => task.name).join(", ");
  throw new TqError("TQ_ERR_NO_HANDLER", `${file} has no handler for "${name}"; it has: ${names}`, {
    details: { file, task: name },
  });
}

/** Until then a signal ends the process: finding out that nobody is there may take long. */
async function connect(options: SubmitCommandOptions, stop: StopSignals): Promise<Producer> {
  const { ventilator, name, timeout, compression, logLevel } = options;
  const log = createCliLogger("submit", logLevel);
  const { startProducer } = await import("@tq/producer");
  const connecting = startProducer({
    ventilators: ventilator,
    compression,
    timeoutMs: timeout ?? waitMs,
    connectTimeoutMs: timeout ?? connectTimeoutMs,
    log,
    ...(name !== undefined && { name }),
  });
  let isConnecting = true;
  const interrupted = stop.first.then((signal) => {
    if (isConnecting) process.exit(exitCodeOfSignal(signal));
    return connecting;
  });
  try {
    return await Promise.race([connecting, interrupted]);
  } finally {
    isConnecting = false;
  }
}
