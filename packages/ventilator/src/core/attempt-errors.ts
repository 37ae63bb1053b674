/**
 * Why the attempts of unsettled tasks failed: the last few errors of each, as long as all of them together stay within a bound.
 *
 * A broken handler fails every task that it gets, a million of them at worst: beyond the bound a task keeps its latest error
 * only, and that one without its stack.
 */
import type { RemoteError } from "@tq/common";
import type { AttemptError } from "./journal/journal-port.ts";
import type { TaskTrouble } from "./task-batch.ts";

export const attemptErrorLimits = {
  /** Per task. More show nothing new: a task that fails often mostly fails alike. */
  keptMax: 10,
  /** 4 KiB: some 40 frames. Of each error and each of its causes. Raised: memory, and the journal. */
  stackCharsMax: 4_096,
  /** The same of its message, so that no single one makes records of its neighbours large. The sink gets the whole one. */
  messageCharsMax: 4_096,
  /** All that is kept, roughly. Raised: memory while handlers fail. */
  charsMax: 64 * 1024 * 1024,
} as const;

/** Of a message, beyond the bound. */
const shortMessageCharsMax = 256;
/** What an error takes besides its text. */
const overheadChars = 200;

export class AttemptErrors {
  readonly #charsMax: number;
  #chars = 0;

  constructor(charsMax: number = attemptErrorLimits.charsMax) {
    this.#charsMax = charsMax;
  }

  /** What is kept at present, roughly. */
  get chars(): number {
    return this.#chars;
  }

  keep(trouble: TaskTrouble, failed: AttemptError): void {
    const error = shortened(failed.error);
    if (this.#chars + charsOf(error) > this.#charsMax) {
      this.forget(trouble);
      const { name, message } = error;
      this.#add(trouble, { ...failed, error: { name, message: cut(message, shortMessageCharsMax) } });
      return;
    }
    const oldest = trouble.errors.length < attemptErrorLimits.keptMax ? undefined : trouble.errors.shift();
    if (oldest !== undefined) this.#chars -= charsOf(oldest.error);
    this.#add(trouble, { ...failed, error });
  }

  /** That attempt has not failed after all. */
  withdraw({ errors }: TaskTrouble, attempt: number): void {
    const index = errors.findIndex((failed) => failed.attempt === attempt);
    const [withdrawn] = index < 0 ? [] : errors.splice(index, 1);
    if (withdrawn !== undefined) this.#chars -= charsOf(withdrawn.error);
  }

  /** The task is settled. */
  forget({ errors }: TaskTrouble): void {
    for (const { error } of errors.splice(0)) this.#chars -= charsOf(error);
  }

  /** What a journal kept of it. */
  restore(trouble: TaskTrouble, errors: readonly AttemptError[]): void {
    for (const error of errors) this.#add(trouble, error);
  }

  #add(trouble: TaskTrouble, failed: AttemptError): void {
    trouble.errors.push(failed);
    this.#chars += charsOf(failed.error);
  }
}

function shortened({ message, stack, cause, ...rest }: RemoteError): RemoteError {
  return {
    ...rest,
    message: cut(message, attemptErrorLimits.messageCharsMax),
    ...(stack !== undefined && { stack: cut(stack, attemptErrorLimits.stackCharsMax) }),
    ...(cause !== undefined && { cause: shortened(cause) }),
  };
}

/** Half of a surrogate pair has no UTF-8 form: neither a journal nor a message could hold it. */
const cut = (text: string, charsMax: number): string => text.slice(0, charsMax).toWellFormed();

function charsOf({ name, message, stack = "", cause }: RemoteError): number {
  const own = name.length + message.length + stack.length + overheadChars;
  return cause === undefined ? own : own + charsOf(cause);
}
