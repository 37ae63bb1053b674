/**
 * Calls handlers: decodes the input, checks it, runs the function, checks the output, and tells the core what became of it.
 *
 * Every stage answers at once where it can. A handler that gives a promise is waited for with two functions that belong to
 * its slot, not to the task; so a task that awaits nothing costs neither promise nor closure.
 *
 * It pulls attempts for a few milliseconds per turn of the event loop. Then the loop turns, so that results leave, credit
 * arrives and heartbeats are heard while there is a long queue of short tasks.
 */
import { type Handler, TqError } from "@tq/common";
import {
  failureOf,
  invalidInputError,
  invalidOutputError,
  isPromiseLike,
  isTypeOnly,
  type Validation,
  validate,
} from "@tq/common/contract";
import { decodeValueAt } from "@tq/common/wire";
import { type AbortedAttempt, createStartedAttempt, type StartedAttempt } from "../core/port.ts";
import type { WorkerCore } from "../core/worker-core.ts";
import { Call, type Settlement } from "./call.ts";
import { type ContextHost, TaskContext } from "./task-context.ts";

/** Where it is written down which attempts are in their handlers. */
export interface StartedTable {
  set(started: StartedAttempt): void;
  clear(slot: number): void;
}

export interface ExecutorOptions {
  readonly core: WorkerCore;
  /** In the order of the core's definitions. */
  readonly handlers: readonly Handler[];
  readonly log: ContextHost["log"];
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Asks for another turn. */
  readonly touch: () => void;
  readonly started?: StartedTable | undefined;
}

/**
 * How long handlers are called in one turn. Raised: less overhead per batch, more latency for what waits in the sockets.
 * A handler that takes longer is not interrupted: nothing can.
 */
const turnMs = 2;

/** A handler with what can be known of it beforehand. */
interface Definition {
  readonly handler: Handler;
  readonly checksInput: boolean;
  readonly checksOutput: boolean;
}

export class Executor implements Settlement {
  readonly #core: WorkerCore;
  readonly #options: ExecutorOptions;
  readonly #definitions: readonly Definition[];
  readonly #host: ContextHost;
  readonly #calls: (Call | undefined)[] = [];
  readonly #next = createStartedAttempt();
  #turnEndsAt = 0;
  /** The clock, as it was read last. */
  #now = 0;
  #isPulling = false;

  constructor(options: ExecutorOptions) {
    this.#core = options.core;
    this.#options = options;
    this.#definitions = options.handlers.map((handler) => ({
      handler,
      checksInput: !isTypeOnly(handler.task.input),
      checksOutput: !isTypeOnly(handler.task.output),
    }));
    this.#host = {
      log: options.log,
      wallTime: (monotonicMs) => Date.now() - options.now() + monotonicMs,
      progress: (context, value) => this.#progress(context, value),
    };
  }

  /** Once per turn, before the core's flush: calls handlers until none can be called or the turn's time is over. */
  turn(): void {
    this.#now = this.#options.now();
    this.#turnEndsAt = this.#now + turnMs;
    this.#pull();
  }

  abort({ slot, run, reason }: AbortedAttempt): void {
    const call = this.#calls[slot];
    if (call?.run !== run) return;
    this.#options.started?.clear(slot);
    call.context?.abort(reason);
  }

  /** A handler's promise gave a value. @internal */
  returned(call: Call, output: unknown): void {
    this.#now = this.#options.now();
    this.#checkOutput(call, output);
    this.#goOn();
  }

  /** A handler's promise was rejected. @internal */
  threw(call: Call, thrown: unknown): void {
    this.#now = this.#options.now();
    this.#fail(call, thrown);
    this.#goOn();
  }

  /** Something has settled between turns: its slot can be used while this turn's time lasts. */
  #goOn(): void {
    this.#pull();
    this.#options.touch();
  }

  #pull(): void {
    if (this.#isPulling) return;
    this.#isPulling = true;
    while (this.#now < this.#turnEndsAt && this.#core.take(this.#now, this.#next)) this.#start(this.#next);
    this.#isPulling = false;
    if (this.#core.hasStartable) this.#options.touch();
  }

  #start(next: StartedAttempt): void {
    const definition = this.#definitions[next.definition];
    if (definition === undefined) throw new TqError("TQ_ERR_INTERNAL", "an attempt has a definition");
    const call = this.#callOf(next.slot);
    const context = new TaskContext(this.#host, definition.handler.task.name, { of: next, now: this.#now });
    call.begin(context);
    // The heart speaks of leases only.
    if (!next.isPushed) this.#options.started?.set(next);
    let input: unknown;
    try {
      input = decodeValueAt(next);
      next.attachments = undefined;
    } catch (error) {
      this.#fail(call, error);
      return;
    }
    if (definition.checksInput) this.#checkInput(call, definition, input);
    else this.#run(call, definition, input);
  }

  #checkInput(call: Call, definition: Definition, input: unknown): void {
    const checked = validate(definition.handler.task.input, input);
    if (!(checked instanceof Promise)) {
      this.#inputChecked(call, definition, checked);
      return;
    }
    this.#wait(call, checked, (later) => this.#inputChecked(call, definition, later));
  }

  #inputChecked(call: Call, definition: Definition, checked: Validation<unknown>): void {
    if (checked.ok) this.#run(call, definition, checked.value);
    else this.#fail(call, invalidInputError(definition.handler.task.name, checked));
  }

  #run(call: Call, { handler }: Definition, input: unknown): void {
    const { context } = call;
    if (context === undefined) return;
    call.startedAt = this.#now;
    call.isPending = false;
    let output: unknown;
    try {
      // Cancelled or timed out while its input was checked: nobody would take the outcome.
      context.throwIfAborted();
      output = handler.run(input, context);
      if (isPromiseLike(output)) {
        call.isPending = true;
        // A promise of another make is made one of ours: it might call back at once, twice, or never in order.
        const promise = output instanceof Promise ? output : Promise.resolve(output);
        promise.then(call.onValue, call.onError);
      }
    } catch (thrown) {
      this.#now = this.#options.now();
      this.#fail(call, thrown);
      return;
    }
    this.#now = this.#options.now();
    if (!call.isPending) this.#checkOutput(call, output);
  }

  #checkOutput(call: Call, output: unknown): void {
    const durationUs = (this.#now - call.startedAt) * 1000;
    const definition = this.#definitions[call.definition];
    if (definition?.checksOutput !== true) {
      this.#complete(call, output, durationUs);
      return;
    }
    const { task } = definition.handler;
    // The sender checks and sends what it was given; what the schema makes of it is made at the receiver.
    const conclude = (checked: Validation<unknown>): void => {
      if (checked.ok) this.#complete(call, output, durationUs);
      else this.#fail(call, invalidOutputError(task.name, checked));
    };
    const checked = validate(task.output, output);
    if (checked instanceof Promise) this.#wait(call, checked, conclude);
    else conclude(checked);
  }

  /** A schema that answers later. `validate` never rejects. */
  #wait(
    call: Call,
    checked: Promise<Validation<unknown>>,
    conclude: (checked: Validation<unknown>) => void,
  ): void {
    call.isPending = true;
    void checked.then((later) => {
      this.#now = this.#options.now();
      conclude(later);
      this.#goOn();
    });
  }

  #complete(call: Call, output: unknown, durationUs: number): void {
    this.#end(call);
    this.#core.completed(call, output, durationUs);
  }

  #fail(call: Call, thrown: unknown): void {
    this.#end(call);
    this.#core.failed(call, failureOf(thrown));
  }

  #end(call: Call): void {
    call.end();
    if (this.#calls[call.slot] === call) this.#options.started?.clear(call.slot);
  }

  #callOf(slot: number): Call {
    const known = this.#calls[slot];
    if (known !== undefined && !known.isPending) return known;
    const call = new Call(slot, this);
    this.#calls[slot] = call;
    return call;
  }

  #progress(context: TaskContext, value: unknown): void {
    const task = this.#definitions[context.definition]?.handler.task;
    if (task?.progress === undefined) {
      throw new TqError("TQ_ERR_INVALID_OUTPUT", `${context.task} declares no progress schema`);
    }
    const checked = isTypeOnly(task.progress) ? fine : validate(task.progress, value);
    if (checked instanceof Promise) {
      // Nobody is there any more to be thrown at.
      const dropped = (why: object) => context.log.warn(why, "a progress value was dropped");
      void checked
        .then((later) => (later.ok ? this.#report(context, value) : dropped({ issues: later.issues })))
        .catch((error: unknown) => dropped({ err: error }));
    } else if (checked.ok) {
      this.#report(context, value);
    } else {
      throw invalidOutputError(context.task, checked);
    }
  }

  #report(context: TaskContext, value: unknown): void {
    this.#core.progress(context, value);
    this.#options.touch();
  }
}

const fine: Validation<unknown> = { ok: true, value: undefined };
