/** Callers of `cancel`, until they are told what stands. */
import type { OutcomeStatus, TqError } from "../contract/index.ts";
import { forEachRun } from "../protocol/index.ts";
import type { IdRuns, Origin } from "../wire/index.ts";
import { cancelledBySignal, cancelUnanswered, type Handed } from "./call-errors.ts";
import type { CallSettings } from "./call-options.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";

export class CancelCalls {
  readonly #deadlines: Deadlines;
  readonly #waiting = new Map<Origin, Map<number, CancelCall[]>>();

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  add(task: Handed, settings: CallSettings, now: number): Promise<OutcomeStatus> {
    const call = new CancelCall(task, { settings, now, leave: () => this.#leave(call) });
    const ofOrigin = this.#waiting.get(task.origin) ?? new Map<number, CancelCall[]>();
    this.#waiting.set(task.origin, ofOrigin);
    ofOrigin.set(task.seq, [...(ofOrigin.get(task.seq) ?? []), call]);
    if (call.dueAt !== Number.POSITIVE_INFINITY) this.#deadlines.add(call);
    return call.promise;
  }

  /** Tells those who wait for one of these ids. */
  settle(ids: IdRuns, outcome: OutcomeStatus): void {
    this.#forEach(ids, (call) => call.resolve(outcome));
  }

  refuse(ids: IdRuns, errorOf: (task: Handed) => TqError): void {
    this.#forEach(ids, (call) => call.reject(errorOf(call.task)));
  }

  refuseAll(error: TqError): void {
    const calls = [...this.#waiting.values()].flatMap((ofOrigin) => [...ofOrigin.values()].flat());
    for (const call of calls) call.reject(error);
  }

  #forEach(ids: IdRuns, visit: (call: CancelCall) => void): void {
    if (this.isEmpty) return;
    const found: CancelCall[] = [];
    forEachRun(ids, ({ origin, first, count }) => {
      const ofOrigin = this.#waiting.get(origin);
      if (ofOrigin === undefined) return;
      if (ofOrigin.size < count) {
        for (const [seq, calls] of ofOrigin) if (seq >= first && seq < first + count) found.push(...calls);
      } else {
        for (let seq = first; seq < first + count; seq++) found.push(...(ofOrigin.get(seq) ?? []));
      }
    });
    for (const call of found) visit(call);
  }

  #leave(call: CancelCall): void {
    this.#deadlines.remove(call);
    const { origin, seq } = call.task;
    const ofOrigin = this.#waiting.get(origin);
    const others = ofOrigin?.get(seq)?.filter((other) => other !== call) ?? [];
    if (others.length > 0) ofOrigin?.set(seq, others);
    else ofOrigin?.delete(seq);
    if (ofOrigin?.size === 0) this.#waiting.delete(origin);
  }
}

class CancelCall implements Deadline {
  readonly task: Handed;
  readonly promise: Promise<OutcomeStatus>;
  readonly dueAt: number;
  heapIndex = -1;
  readonly #settings: CallSettings;
  readonly #leave: () => void;
  readonly #resolvers = Promise.withResolvers<OutcomeStatus>();

  constructor(task: Handed, call: { settings: CallSettings; now: number; leave: () => void }) {
    const { timeoutMs, signal } = call.settings;
    this.task = task;
    this.promise = this.#resolvers.promise;
    this.dueAt = call.now + timeoutMs;
    this.#settings = call.settings;
    this.#leave = call.leave;
    signal?.addEventListener("abort", this.#abort);
  }

  resolve(outcome: OutcomeStatus): void {
    this.#end();
    this.#resolvers.resolve(outcome);
  }

  reject(error: TqError): void {
    this.#end();
    this.#resolvers.reject(error);
  }

  expire(): void {
    this.reject(cancelUnanswered(this.task, this.#settings.timeoutMs));
  }

  readonly #abort = (): void => {
    const { signal } = this.#settings;
    if (signal !== undefined) this.reject(cancelledBySignal("cancel", signal));
  };

  #end(): void {
    this.#settings.signal?.removeEventListener("abort", this.#abort);
    this.#leave();
  }
}
