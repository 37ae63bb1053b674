/**
 * Measures a pipeline of three processes, ventilator → worker → sink: forks them, warms them up, times one run,
 * and ends them whatever happens. It knows nothing of what they send each other.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { FromStage, StageRole, ToStage } from "./stage.ts";

export interface PipelineFigures {
  readonly tasksPerSecond: number;
  /** Of all three processes together, their I/O and garbage collection threads included. */
  readonly cpuMicrosecondsPerTask: number;
  readonly seconds: number;
}

export interface PipelineOptions {
  /** The module that runs a stage: forked three times, with the role and the load as arguments. */
  readonly stages: URL;
  /** What the stages are told; must survive JSON. */
  readonly load: unknown;
  /** Tasks of the measured run, without the warm-up. */
  readonly tasks: number;
  /** Who says `done`; the run ends with the last of them. Default: the sink. */
  readonly doneBy?: readonly StageRole[];
  /** The whole measurement fails after this. Default 120 s. */
  readonly timeoutMs?: number;
}

const roles: readonly StageRole[] = ["sink", "ventilator", "worker"];

/** Rejects if a stage reports anything wrong, dies, or the time-out passes; no process is left behind. */
export async function measurePipeline(options: PipelineOptions): Promise<PipelineFigures> {
  const stages = roles.map((role) => new StageProcess(role, options));
  const timeoutMs = options.timeoutMs ?? 120_000;
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the pipeline did not finish within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([run(stages, options), timedOut, ...stages.map((stage) => stage.failed)]);
  } finally {
    clearTimeout(timer);
    await Promise.all(stages.map((stage) => stage.end()));
  }
}

async function run(
  stages: readonly StageProcess[],
  { tasks, doneBy = ["sink"] }: PipelineOptions,
): Promise<PipelineFigures> {
  const [sink, ventilator, worker] = stages as [StageProcess, StageProcess, StageProcess];
  const sinkBound = await sink.hear("bound");
  ventilator.say({ say: "connect", ventilator: "", sink: sinkBound.endpoint });
  const ventilatorBound = await ventilator.hear("bound");
  worker.say({ say: "connect", ventilator: ventilatorBound.endpoint, sink: sinkBound.endpoint });
  await sink.hear("warm");
  // The ventilator last: the others count their CPU time from before the first task.
  for (const stage of [sink, worker, ventilator]) {
    stage.say({ say: "start" });
    await stage.hear("marked");
  }
  const started = await ventilator.hear("started");
  const ends = stages.filter(({ role }) => doneBy.includes(role));
  const done = await Promise.all(ends.map((stage) => stage.hear("done")));
  const doneAt = Math.max(...done.map(({ at }) => at));
  for (const stage of stages) stage.say({ say: "stop" });
  const usages = await Promise.all(stages.map((stage) => stage.hear("usage")));
  const seconds = (doneAt - started.at) / 1000;
  const cpuMicroseconds = usages.reduce((sum, usage) => sum + usage.cpuMicroseconds, 0);
  return { seconds, tasksPerSecond: tasks / seconds, cpuMicrosecondsPerTask: cpuMicroseconds / tasks };
}

class StageProcess {
  /** Rejects when the stage says that something is wrong, or ends before it was asked to. */
  readonly failed: Promise<never>;
  readonly role: StageRole;
  readonly #child: ChildProcess;
  readonly #heard: FromStage[] = [];
  #wake = (): void => {};
  #ending = false;

  constructor(role: StageRole, { stages, load }: PipelineOptions) {
    this.role = role;
    this.#child = fork(stages, [role, JSON.stringify(load)], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.failed = new Promise((_, reject) => {
      this.#child.on("message", (raw) => {
        const message = raw as FromStage;
        if (message.said === "wrong") reject(new Error(message.reason));
        this.#heard.push(message);
        this.#wake();
      });
      this.#child.on("exit", (code, signal) => {
        if (!this.#ending) reject(new Error(`the ${role} ended early (${signal ?? `exit code ${code}`})`));
      });
    });
    // A failure is seen by whoever races it; the others must not count as unhandled.
    this.failed.catch(() => {});
  }

  say(message: ToStage): void {
    this.#child.send(message);
  }

  async hear<Kind extends FromStage["said"]>(kind: Kind): Promise<Extract<FromStage, { said: Kind }>> {
    for (;;) {
      const index = this.#heard.findIndex((message) => message.said === kind);
      if (index >= 0) return this.#heard.splice(index, 1)[0] as Extract<FromStage, { said: Kind }>;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async end(): Promise<void> {
    this.#ending = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}
