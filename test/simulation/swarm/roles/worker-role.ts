/** A worker: a process with handlers that do what the workload says of each task. */
import { TqError } from "@tq/common";
import { createStartedAttempt, type StartedAttempt } from "../../../../packages/worker/src/core/port.ts";
import { WorkerCore } from "../../../../packages/worker/src/core/worker-core.ts";
import { withHandlers } from "../../world.ts";
import type { Run } from "../history.ts";
import { SimulatedProcess } from "../process.ts";
import type { Role, RoleSurroundings } from "../role.ts";
import { timing } from "../timing.ts";
import { durationMs, isInBadMood, temperOf } from "../workload.ts";

export class WorkerRole implements Role {
  readonly name: string;
  readonly #world: RoleSurroundings;
  /** Drawn last by the process that fills it. */
  bootId = "";
  process: SimulatedProcess;
  core: WorkerCore;
  /** Attempts whose handlers have been called and have not settled. */
  readonly running = new Set<Run>();

  /** `bootId`: of another worker, as on a cloned machine. */
  constructor(world: RoleSurroundings, place: number, bootId?: string) {
    this.#world = world;
    this.name = `w${place}`;
    ({ process: this.process, core: this.core } = this.#started(bootId));
  }

  start(): void {
    ({ process: this.process, core: this.core } = this.#started(undefined));
  }

  crash(): void {
    if (!this.process.isAlive) return;
    this.process.crash();
    for (const run of this.running) run.ended = "worker died";
    this.running.clear();
  }

  /** As at a signal: takes nothing new, finishes, closes, and another comes in its place. */
  leave(): void {
    const { process, core } = this;
    process.after(0, () => core.drain());
    const look = (): void => {
      if (!core.isEmpty) return process.after(20, look);
      core.stop(process.now(), new TqError("TQ_ERR_CLOSED", "the worker leaves"));
      this.#world.clock.after(20, () => {
        if (!process.isAlive) return;
        this.crash();
        this.start();
      });
    };
    process.after(20, look);
  }

  #started(clonedBootId: string | undefined): { process: SimulatedProcess; core: WorkerCore } {
    const world = this.#world;
    const { configuration } = world;
    const process = new SimulatedProcess(world, this.name);
    const ventilators = Array.from(
      { length: configuration.ventilators },
      (_, place) => `ventilator:${place}`,
    );
    for (const [place, channel] of ventilators.entries()) process.connect(channel, `v${place}.workers`);
    let cloned = clonedBootId;
    const nameOf = (endpoint: string): string => endpoint.slice("memory:".length);
    const { policy, definitions, slots } = configuration;
    const core = new WorkerCore(
      {
        now: process.now(),
        timing,
        name: this.name,
        definitions: definitions.map((name) => ({ name, policy })),
        slots,
        ventilators,
        limits: configuration.workerLimits,
      },
      {
        send: (channel, message) => process.send(channel, undefined, message),
        connect: (channel, endpoint) => process.connect(channel, nameOf(endpoint)),
        disconnect: (channel) => process.disconnect(channel),
        connectPull: (channel, to) => process.connectPull(channel, nameOf(to.endpoint)),
        connectPush: (channel, to) => process.connectPush(channel, nameOf(to.endpoint)),
        isWritable: (channel) => process.isWritable(channel),
        pause: (channel) => process.pause(channel),
        resume: (channel) => process.resume(channel),
        abort: () => {},
        report: (event) => world.reported(process, event),
        drawBootId: () => {
          const drawn = cloned ?? world.draw64();
          cloned = undefined;
          this.bootId = drawn;
          return drawn;
        },
      },
    );
    process.run(withHandlers(core, (now) => this.#runHandlers(now, process, core)));
    return { process, core };
  }

  #runHandlers(now: number, process: SimulatedProcess, core: WorkerCore): void {
    const started = createStartedAttempt();
    while (core.take(now, started)) this.#runOne(started, process, core);
  }

  #runOne(started: StartedAttempt, process: SimulatedProcess, core: WorkerCore): void {
    const { history, workload } = this.#world;
    const { origin, seq, epoch, attempt, ventilator } = started;
    const ticket = { slot: started.slot, run: started.run };
    const task = history.find(origin, seq);
    const times = task?.runs.length ?? 0;
    const run: Run = { worker: process.number, epoch, attempt, ventilator, ended: "no" };
    task?.runs.push(run);
    this.running.add(run);
    const { tempers } = workload;
    const temper = temperOf(tempers, origin, seq);
    if (temper === "endless") return;
    const id = `${origin}-${seq}`;
    process.after(durationMs(tempers, id, times), () => {
      if (temper === "poison") return this.#dieOfIt();
      this.running.delete(run);
      const fails = temper !== "good" && !(temper === "moody" && !isInBadMood(tempers, id, times));
      run.ended = fails ? "failed" : "completed";
      const final = temper === "final";
      if (fails) core.failed(ticket, { error: { name: "Error", message: "boom" }, final });
      else core.completed(ticket, seq, 1_000);
    });
  }

  #dieOfIt(): void {
    this.crash();
    this.#world.startLater(this, 50);
  }
}
