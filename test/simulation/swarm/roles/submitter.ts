/**
 * Whoever submits, in a ventilator's process or in one of its own: hands over what the workload says when there is credit,
 * and writes down what it is told.
 */

import {
  forEachId,
  idRun,
  type Reply,
  type SubmitEvents,
  type SubmitOrigins,
  type SubmitPort,
} from "@tq/common/protocol";
import { encodeValues, type IdRuns, type TaskOptionColumns } from "@tq/common/wire";
import type { TaskHistory } from "../history.ts";
import type { SimulatedProcess } from "../process.ts";
import type { RoleSurroundings, Submitting } from "../role.ts";
import { type Submission, temperOf } from "../workload.ts";

export interface SubmitterOptions {
  readonly process: SimulatedProcess;
  readonly isLocal: boolean;
  /** By the number of the owner in the port: the places of the ventilators. */
  readonly ventilators: readonly number[];
  readonly submissions: readonly Submission[];
}

/** What waits for credit. */
interface Waiting {
  readonly submission: Submission;
  left: number;
}

export class Submitter implements Submitting {
  readonly isLocal: boolean;
  /** By the number of the owner in the port. */
  readonly origins: readonly SubmitOrigins[];
  readonly #world: RoleSurroundings;
  readonly #options: SubmitterOptions;
  readonly #credit: number[];
  readonly #next = new Map<string, number>();
  readonly #pushOrigins = new Map<string, string>();
  #waiting: Waiting[] = [];
  #port: SubmitPort | undefined;
  #isPumping = false;

  constructor(world: RoleSurroundings, options: SubmitterOptions) {
    this.#world = world;
    this.#options = options;
    this.isLocal = options.isLocal;
    this.origins = options.ventilators.map(() => ({ sink: world.draw64(), answer: world.draw64() }));
    this.#credit = options.ventilators.map(() => 0);
  }

  get name(): string {
    return `${this.#options.process.name}${this.isLocal ? " local" : ""}`;
  }

  get isAlive(): boolean {
    return this.#options.process.isAlive;
  }

  /** Tasks that were never handed over. */
  get waiting(): number {
    return this.#waiting.reduce((sum, { left }) => sum + left, 0);
  }

  /** Begins with what is still to come. */
  begin(port: SubmitPort): void {
    const { process, submissions } = this.#options;
    this.#port = port;
    const now = this.#world.clock.now();
    for (const submission of submissions) {
      if (submission.atMs < now) continue;
      process.after(submission.atMs - now, () => this.submit(submission));
    }
  }

  submit(submission: Submission): void {
    this.#waiting.push({ submission, left: submission.count });
    this.#pump();
  }

  get events(): SubmitEvents {
    const { history, clock } = this.#world;
    return {
      credit: (tasks, _bytes, owner = 0) => {
        this.#credit[owner] = tasks;
        if (tasks > 0) this.#pumpSoon();
      },
      accepted: (ids) => {
        history.each(ids, (task) => {
          task.acceptedAt ??= clock.now();
          task.isRevoked = false;
        });
        if (this.isLocal) this.#world.accepted(this.#options.ventilators[0] ?? 0, ids);
      },
      rejected: (ids, code) => history.each(ids, (task) => this.#rejected(task, code)),
      settled: (outcome, ids) =>
        history.each(ids, (task) => {
          task.settledAt ??= clock.now();
          task.settled.push(outcome);
        }),
      answer: (outcome, { ids }) => {
        history.each(ids, (task) => task.answered.push(outcome));
        this.#port?.answered(ids);
      },
      unreachable: () => {},
      closed: () => {},
    };
  }

  /** Also the answer to a cancellation: of a task that has ended, or that came before its task did. */
  #rejected(task: TaskHistory, code: string): void {
    if (code === "TQ_ERR_UNKNOWN_OUTCOME") task.isLost = true;
    else if (code !== "TQ_ERR_UNKNOWN_TASK") task.rejected = code;
    else if (task.acceptedAt === undefined) task.isRevoked = true;
  }

  /** Not from inside the core that has just given credit. */
  #pumpSoon(): void {
    if (this.#isPumping || this.#waiting.length === 0) return;
    this.#isPumping = true;
    this.#options.process.after(0, () => {
      this.#isPumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const owner = this.#credit.indexOf(Math.max(...this.#credit));
      const credit = this.#credit[owner] ?? 0;
      if (credit <= 0) return;
      const count = Math.min(first.left, first.submission.batch, credit);
      first.left -= count;
      if (first.left === 0) this.#waiting.shift();
      this.#handOver(first.submission, owner, count);
    }
  }

  #handOver(submission: Submission, owner: number, count: number): void {
    const { reply, name, cancelAfterMs } = submission;
    const origin = this.#originOf(submission, owner);
    const first = this.#next.get(origin) ?? 1;
    this.#next.set(origin, first + count);
    const ids = idRun(origin, first, count);
    this.#writeDown(submission, owner, ids);
    const values = encodeValues(Array.from({ length: count }, (_, index) => first + index));
    const definition = { name, policy: this.#world.configuration.policy };
    const options = optionsOf(submission, count);
    this.#port?.submit({ definition, reply, ids, options, values }, owner);
    if (cancelAfterMs !== undefined) this.#cancelLater(idRun(origin, first, 1), cancelAfterMs);
  }

  #cancelLater(ids: IdRuns, afterMs: number): void {
    this.#options.process.after(afterMs, () => {
      this.#world.history.each(ids, (task) => {
        task.isCancelled = true;
      });
      this.#port?.cancel(ids);
    });
  }

  #writeDown({ reply, expiresMs }: Submission, owner: number, ids: IdRuns): void {
    const { history, workload, clock } = this.#world;
    forEachId(ids, (origin, seq) => {
      const temper = temperOf(workload.tempers, origin, seq);
      const task = history.add(
        { owner: this, reply, temper, expires: expiresMs !== undefined },
        { origin, seq },
      );
      task.handedTo.push({ ventilator: this.#options.ventilators[owner] ?? 0, at: clock.now() });
    });
  }

  #originOf({ reply, name }: { reply: Reply; name: string }, owner: number): string {
    if (reply !== "push") return this.origins[owner]?.[reply] ?? "";
    const key = `${owner} ${name}`;
    const known = this.#pushOrigins.get(key);
    if (known !== undefined) return known;
    const drawn = this.#world.draw64();
    this.#pushOrigins.set(key, drawn);
    return drawn;
  }
}

function optionsOf({ delayMs, expiresMs, priority }: Submission, count: number): TaskOptionColumns {
  const all = Array.from({ length: count }, (_, index) => index);
  const column = (value: number) => ({ at: all, values: all.map(() => value) });
  return {
    ...(delayMs === undefined ? {} : { notBeforeMs: column(delayMs) }),
    ...(expiresMs === undefined ? {} : { expiresMs: column(expiresMs) }),
    ...(priority === undefined ? {} : { priority: column(priority) }),
  };
}
