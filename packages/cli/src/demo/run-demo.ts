/**
 * The demo from end to end: this process is the ventilator and the producer; the sink and each worker are processes of
 * their own, over tcp on the loopback.
 */
import { TqError } from "@tq/common";
import { startVentilator, type Ventilator, type VentilatorEvent } from "@tq/ventilator";
import { createCliLogger } from "../output/create-cli-logger.ts";
import { Child } from "./child.ts";
import { countWords } from "./count-words.ts";
import { demoLogLevel } from "./demo-log-level.ts";
import type { FromDemoSink, ToDemoSink } from "./demo-messages.ts";
import { DemoWorkers } from "./demo-workers.ts";
import { killWorker } from "./kill-worker.ts";
import type { ProgressBar } from "./progress-bar.ts";
import { StallWatch } from "./stall-watch.ts";
import { TaskFiles } from "./task-files.ts";
import type { Totals } from "./totals.ts";

export type Lane = "credit" | "push";

export interface DemoRun {
  readonly files: readonly Buffer[];
  readonly workers: number;
  readonly lane: Lane;
  readonly isKilling: boolean;
  readonly bar: ProgressBar;
}

export interface DemoResult extends Totals {
  /** From the first submission to the last result. */
  readonly seconds: number;
  /**
   * Tasks that were handed out again because their worker was gone. Not those with a later attempt only: an idle worker is
   * given what another one has not started.
   */
  readonly redelivered: number;
  /** One line for each file that was not counted. */
  readonly failed: readonly string[];
}

type DemoSink = Child<FromDemoSink, ToDemoSink>;

/** Rejects where the demo cannot go on: a process that does not start, too many that die, nothing that moves. */
export async function runDemo(run: DemoRun): Promise<DemoResult> {
  const { bar } = run;
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  const onFailed = (error: unknown) => broken.reject(error);
  const sink: DemoSink = new Child("sink", "sink-process");
  let workers: DemoWorkers | undefined;
  let ventilator: Ventilator | undefined;
  let redelivered = 0;
  const onEvent = (event: VentilatorEvent): void => {
    if (event.type === "worker.gone") redelivered += event.leases;
    if (event.type === "push.missing") onFailed(lost(event.missing));
  };
  try {
    const { endpoint } = await sink.next("ready");
    const push = run.lane === "push" ? { push: "tcp://127.0.0.1:*" } : {};
    void sink.exited.then((end) => onFailed(new TqError("TQ_ERR_INTERNAL", `the sink ended: ${end}`)));
    const log = createCliLogger("ventilator", demoLogLevel());
    const options = { workers: "tcp://127.0.0.1:*", sinks: [endpoint], log, ...push };
    ventilator = await startVentilator(options, { onEvent });
    workers = new DemoWorkers({ ventilator: ventilator.endpoints.workers, say: bar.say, onFailed });
    const result = await Promise.race([count(run, { sink, ventilator, workers, onFailed }), broken.promise]);
    await ventilator.drain({ timeoutMs: 5_000 });
    await workers.stop();
    await ventilator.close();
    sink.send({ type: "stop" });
    await sink.exited;
    return { ...result, redelivered };
  } finally {
    // Where all went well, nothing is left to kill.
    workers?.killAll();
    sink.kill();
    await ventilator?.close();
    await sink.exited;
  }
}

const lost = (missing: number): TqError =>
  new TqError(
    "TQ_ERR_WORKER_LOST",
    `${missing} tasks went with a worker; on the push lane they are not run again`,
  );

type Counted = Omit<DemoResult, "redelivered">;

interface Processes {
  readonly sink: DemoSink;
  readonly ventilator: Ventilator;
  readonly workers: DemoWorkers;
  readonly onFailed: (error: unknown) => void;
}

async function count(run: DemoRun, { sink, ventilator, workers, onFailed }: Processes): Promise<Counted> {
  const { files, lane, isKilling, bar } = run;
  const delivery = lane === "push" ? "at-most-once" : "at-least-once";
  await Promise.all(Array.from({ length: run.workers }, () => workers.start()));
  using stall = new StallWatch(onFailed);
  sink.onMessage((message) => {
    if (message.type !== "progress") return;
    stall.see(message.results);
    bar.draw({ ...message, workers: workers.running.length });
  });
  const startedAt = performance.now();
  const taskFiles = new TaskFiles();
  const submit = async (from: number, to: number): Promise<void> => {
    const some = files.slice(from, to);
    const { ids } = await ventilator.submitMany(
      countWords,
      some.map((path) => ({ path })),
      { delivery },
    );
    taskFiles.add(ids, some);
  };
  if (isKilling) {
    const half = Math.floor(files.length / 2);
    await submit(0, half);
    await untilReached(sink, half);
    await killWorker({ workers, submit: () => submit(half, files.length), say: bar.say });
  } else {
    await submit(0, files.length);
  }
  await untilReached(sink, files.length);
  const seconds = (performance.now() - startedAt) / 1000;
  const reported = sink.next("totals");
  sink.send({ type: "report" });
  const { totals } = await reported;
  return { ...totals, seconds, failed: totals.failures.map((failure) => taskFiles.describe(failure)) };
}

async function untilReached(sink: DemoSink, results: number): Promise<void> {
  const reached = sink.next("reached");
  sink.send({ type: "expect", results });
  await reached;
}
