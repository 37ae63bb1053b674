/** `tq events`: shows what ventilators and sinks say of themselves and of their tasks. */
import { setTimeout as pause } from "node:timers/promises";
import { TqError } from "@tq/common";
import type { TqLogger } from "@tq/common/node";
import type { EventSubscription } from "@tq/events";
import { type Command, InvalidArgumentError } from "commander";
import { type Environment, option, readDuration, readEndpoints } from "../command-line/options.ts";
import { listenForStop } from "../command-line/stop-signals.ts";
import { writeEvents } from "../events/write-events.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { createCliLogger, type LogLevel } from "../output/create-cli-logger.ts";
import { standardOutput } from "../output/line-output.ts";

export interface EventsCommandOptions {
  readonly from: readonly string[];
  readonly topic?: readonly string[];
  readonly timeout: number;
  readonly json: boolean;
  readonly logLevel: LogLevel;
}

export function describeEvents(command: Command, _environment: Environment): Command {
  return command
    .description("show events of ventilators and sinks as they happen")
    .addOption(
      option(
        "--from <ep>",
        "where they are published, as tcp://127.0.0.1:5560; may be repeated",
        readEndpoints,
      ).makeOptionMandatory(),
    )
    .addOption(
      option(
        "--topic <prefix>",
        "only types that begin so, as task. or worker.gone; may be repeated",
        readTopics,
      ),
    )
    .addOption(
      option("--timeout <time>", "how long somebody has to answer", readDuration).default(10_000, "10s"),
    )
    .addHelpText(
      "after",
      `
The first line of each source is its snapshot: who is there, and how much waits. events.missed tells how many events did
not arrive here, source.gone that a source has closed or is not heard any more.
On a terminal a line is for people; with --json, or into a pipe or file, it is JSON.
Exit codes: 0 stopped by a signal, 2 usage, 5 nobody there.`,
    );
}

export async function runEvents(options: EventsCommandOptions): Promise<ExitCode> {
  const { from, topic, timeout, json, logLevel } = options;
  const log = createCliLogger("events", logLevel === "silent" ? "warn" : logLevel);
  const { subscribeEvents } = await import("@tq/events");
  await using subscription = subscribeEvents({ from, ...(topic !== undefined && { topics: topic }) });
  using stop = listenForStop();
  const style = json || !process.stdout.isTTY ? "json" : "people";
  const written = writeEvents(subscription, standardOutput, style);
  const silence = endSilence(subscription, { from, timeoutMs: timeout, log });
  try {
    await Promise.race([stop.first, written, silence.failed]);
  } finally {
    silence.end();
    await subscription.close();
  }
  // A pipe that nobody reads would keep it for ever.
  await Promise.race([written, pause(endingMs, undefined, { ref: false })]);
  return exitCodes.fine;
}

/** What is still being written gets this long. */
const endingMs = 2_000;

/** Looked at this often, for the sake of a simple answer: somebody is there, or nobody. */
const lookMs = 100;

/** Who is to be heard, by when, and who is told that some are not. */
interface Listening {
  readonly from: readonly string[];
  readonly timeoutMs: number;
  readonly log: Pick<TqLogger, "warn">;
}

/** Fails when the time is up and nobody was heard; if only some were not, that is said, and the others go on. */
function endSilence(
  subscription: EventSubscription,
  { from, timeoutMs, log }: Listening,
): { readonly failed: Promise<never>; end(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const startedAt = performance.now();
  const looks = setInterval(() => {
    const { sources, unheard } = subscription.stats();
    const isTimeUp = performance.now() - startedAt >= timeoutMs;
    if (unheard.length > 0 && !isTimeUp) return;
    clearInterval(looks);
    if (unheard.length === 0) return;
    const reasons = unheard.flatMap(({ reason }) => reason ?? []);
    const why = reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
    const places = unheard.map(({ endpoint }) => endpoint).join(", ");
    const message = `nobody publishes events at ${places}; it was tried for ${timeoutMs} ms${why}`;
    if (sources > 0) log.warn({ unheard: places }, `${message}; trying on`);
    else reject(new TqError("TQ_ERR_UNREACHABLE", message, { details: { from } }));
  }, lookMs);
  return { failed: promise, end: () => clearInterval(looks) };
}

/** Several in one text: by white space or commas. */
function readTopics(text: string, previous: readonly string[] = []): readonly string[] {
  const topics = text.split(/[\s,]+/).filter((topic) => topic !== "");
  if (topics.length > 0) return [...previous, ...topics];
  throw new InvalidArgumentError("It must be the beginning of a type, such as task. or worker.gone.");
}
