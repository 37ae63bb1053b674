/**
 * The dead letters of one ventilator or several: list, show, retry, discard. It asks one after the other, page by page, so
 * that no answer is without bounds, and says when one was out of reach: a list that silently lacks some is worse than none.
 */
import { errorCodes } from "../contract/error-codes.ts";
import { checkKnownOptions, TqError, type TqErrorCode } from "../contract/index.ts";
import { preview } from "../contract/preview.ts";
import type { DeadLetterChoice, Method, QuestionReply, Questions } from "../protocol/index.ts";
import {
  type DeadLetter,
  type DeadLetterSummary,
  deadLetterOf,
  type Heard,
  readAnswer,
  summaryOf,
} from "./dead-letter.ts";

/** Which dead letters. `{}`: all. */
export interface DeadLetterFilter {
  /** Of the task with this name. Default: of all. */
  readonly task?: string | undefined;
  /** With this outcome. Default: both. */
  readonly outcome?: "failed" | "dead" | undefined;
}

/** What to list, and how much of it. */
export interface DeadLetterListOptions extends DeadLetterFilter {
  /** How many at most, from 1 to 1,000. Default: 100. */
  readonly limit?: number | undefined;
  /** Go on behind this place: `next` of the page before. Default: from the oldest on. */
  readonly after?: string | undefined;
}

/** Some dead letters, the oldest first. */
export interface DeadLetterPage {
  readonly letters: readonly DeadLetterSummary[];
  /** Where the next page begins; undefined if this was the last one. */
  readonly next: string | undefined;
  /** Endpoints of ventilators that were out of reach: their letters are not among these. */
  readonly unreachable: readonly string[];
}

/** A dead letter that is a task again. */
export interface RetriedTask {
  readonly taskId: string;
  /** The id of its new task, whose result goes to a sink. */
  readonly retriedAs: string;
}

/**
 * Tasks that failed for good. Kept until they are retried or discarded, in the ventilator's journal if it has one; of more than
 * 10,000, or 64 MiB, the oldest are dropped, which is said.
 *
 * All calls: `TQ_ERR_INVALID_OPTION`; `TQ_ERR_UNREACHABLE` if a ventilator that matters is out of reach, `TQ_ERR_UNKNOWN_OUTCOME` if
 * contact was lost before it answered; `TQ_ERR_CLOSED`.
 */
export interface DeadLetterBox {
  list(options?: DeadLetterListOptions): Promise<DeadLetterPage>;
  /** Errors besides: `TQ_ERR_UNKNOWN_TASK`; `TQ_ERR_UNDECODABLE` for an input that cannot be read here. */
  show(taskId: string): Promise<DeadLetter>;
  /**
   * Makes a new task of one, or of all that match: the same input, options, policy and trace, from the first attempt on, without
   * the delay it may have been submitted with. A letter is let go of when its task is accepted.
   *
   * Errors besides: `TQ_ERR_UNKNOWN_TASK`; why tasks were not accepted, such as `TQ_ERR_STORAGE_FULL`. `details.retried` of each
   * error: what was retried before it.
   */
  retry(which: string | DeadLetterFilter): Promise<readonly RetriedTask[]>;
  /** Forgets one, or all that match, and says how many, in an error as `details.discarded`. Errors besides: `TQ_ERR_UNKNOWN_TASK`. */
  discard(which: string | DeadLetterFilter): Promise<number>;
}

/** Letters on one page. A ventilator lists no more at once. */
const listedMax = 1_000;

/** One ventilator that can be asked. */
export interface DeadLetterSource {
  readonly ventilator: string;
  isInReach(): boolean;
  ask(
    question: { readonly method: string; readonly params: unknown },
    reply: (reply: QuestionReply) => void,
  ): void;
}

export function createDeadLetterBox(
  sources: readonly DeadLetterSource[],
  wallNow: () => number = Date.now,
): DeadLetterBox {
  return new Box(sources, wallNow);
}

class Box implements DeadLetterBox {
  readonly #sources: readonly DeadLetterSource[];
  readonly #wallNow: () => number;

  constructor(sources: readonly DeadLetterSource[], wallNow: () => number) {
    this.#sources = sources;
    this.#wallNow = wallNow;
  }

  async list(options: DeadLetterListOptions = {}): Promise<DeadLetterPage> {
    checkKnownOptions("dead.list", options, { task: true, outcome: true, limit: true, after: true });
    const { after, limit = 100, ...filter } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > listedMax) {
      const message = `dead.list: limit must be a whole number from 1 to ${listedMax}, not ${preview(limit)}`;
      throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "limit" } });
    }
    const from = placeOf(after);
    const letters: DeadLetterSummary[] = [];
    let next: string | undefined;
    for (const [index, source] of this.#sources.entries()) {
      if (index < from.source || next !== undefined || !source.isInReach()) continue;
      if (letters.length === limit) {
        next = `${index}.0`;
        continue;
      }
      const place = index === from.source ? from.after : 0;
      const params = { ...filter, limit: limit - letters.length, after: place };
      const answer = await ask(source, "dead.list", params);
      const heard = this.#heard(source);
      letters.push(
        ...readAnswer(heard.ventilator, () => answer.letters.map((line) => summaryOf(line, heard))),
      );
      if (answer.next !== undefined) next = `${index}.${answer.next}`;
    }
    return { letters, next, unreachable: this.#unreachable() };
  }

  async show(taskId: string): Promise<DeadLetter> {
    const [source, letter] = await this.#ofOne(taskId, "dead.show");
    const heard = this.#heard(source);
    return readAnswer(heard.ventilator, () => deadLetterOf(letter, heard));
  }

  async retry(which: string | DeadLetterFilter): Promise<readonly RetriedTask[]> {
    const retried: RetriedTask[] = [];
    const retrying = this.#forAll(which, "dead.retry", (answer, source) => {
      readAnswer(source.ventilator, () => {
        for (const [taskId, retriedAs] of answer.retried) retried.push({ taskId, retriedAs });
      });
      if (answer.refused === undefined) return;
      const { code, message, count } = answer.refused;
      throw errorOf(code, `${count} dead letters could not be retried: ${message}`);
    });
    await telling(retrying, () => ({ retried }));
    return retried;
  }

  async discard(which: string | DeadLetterFilter): Promise<number> {
    let discarded = 0;
    const discarding = this.#forAll(which, "dead.discard", (answer) => {
      discarded += answer.discarded;
    });
    await telling(discarding, () => ({ discarded }));
    return discarded;
  }

  /** Asks for one wherever it may be, or for all that match, everywhere, page by page. */
  async #forAll<M extends "dead.retry" | "dead.discard">(
    which: string | DeadLetterFilter,
    method: M,
    visit: (answer: Questions[M]["answer"], source: DeadLetterSource) => void,
  ): Promise<void> {
    if (typeof which === "string") {
      const [source, answer] = await this.#ofOne(which, method);
      return visit(answer, source);
    }
    // An empty list of ids would look like a filter that all letters match.
    if (Array.isArray(which)) {
      const message = `${method} takes the id of one task, or a filter such as { task: "…" }; call it for each id`;
      throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "which" } });
    }
    checkKnownOptions(method, which, { task: true, outcome: true });
    for (const source of this.#sources.filter((each) => each.isInReach())) {
      let place: Pick<DeadLetterChoice, "after" | "upTo"> = {};
      for (;;) {
        const { task, outcome } = which;
        const answer = await ask(source, method, { task, outcome, ...place });
        visit(answer, source);
        if (answer.next === undefined) break;
        place = { after: answer.next, upTo: answer.upTo };
      }
    }
    const unreachable = this.#unreachable();
    if (unreachable.length === 0) return;
    const message = `${method}: done where it could be; out of reach is ${unreachable.join(", ")}`;
    throw new TqError("TQ_ERR_UNREACHABLE", message, { details: { unreachable } });
  }

  async #ofOne<M extends "dead.show" | "dead.retry" | "dead.discard">(
    taskId: string,
    method: M,
  ): Promise<readonly [DeadLetterSource, Questions[M]["answer"]]> {
    if (typeof taskId !== "string") {
      const message = `${method}: give the id of a task, as text, not ${preview(taskId)}`;
      throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "taskId" } });
    }
    let unknown: unknown;
    for (const source of this.#sources.filter((each) => each.isInReach())) {
      try {
        return [source, await ask(source, method, { taskId })];
      } catch (error) {
        if (!(error instanceof TqError) || error.code !== "TQ_ERR_UNKNOWN_TASK") throw error;
        unknown = error;
      }
    }
    const unreachable = this.#unreachable();
    if (unreachable.length === 0) throw unknown;
    const message = `${taskId} is no dead letter of a ventilator in reach; out of reach is ${unreachable.join(", ")}`;
    throw new TqError("TQ_ERR_UNREACHABLE", message, { details: { taskId, unreachable } });
  }

  #heard({ ventilator }: DeadLetterSource): Heard {
    return { ventilator, at: this.#wallNow() };
  }

  #unreachable(): readonly string[] {
    return this.#sources.filter((source) => !source.isInReach()).map(({ ventilator }) => ventilator);
  }
}

function ask<M extends Method>(
  source: DeadLetterSource,
  method: M,
  params: Questions[M]["params"],
): Promise<Questions[M]["answer"]> {
  return new Promise((resolve, reject) =>
    source.ask({ method, params: given(params) }, (reply) => {
      if (reply.ok && isObject(reply.answer)) resolve(reply.answer as Questions[M]["answer"]);
      else if (reply.ok)
        reject(errorOf("TQ_ERR_PROTOCOL", `${source.ventilator} answered nothing to ${method}`));
      else reject(errorOf(reply.code, `${method}: ${reply.message}`));
    }),
  );
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

const given = (params: object): object =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));

/** Page by page something can go wrong in the middle: whoever hears of that hears what was done before, too. */
async function telling(call: Promise<void>, done: () => Readonly<Record<string, unknown>>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof TqError)) throw error;
    const { code, message, details, cause } = error;
    throw new TqError(code, message, {
      details: { ...details, ...done() },
      ...(cause !== undefined && { cause }),
    });
  }
}

/** Codes of a newer version are not lost: they stand in the message. */
function errorOf(code: string, message: string): TqError {
  if (Object.hasOwn(errorCodes, code)) return new TqError(code as TqErrorCode, message);
  return new TqError("TQ_ERR_PROTOCOL", `${code}: ${message}`, { details: { code } });
}

/** `<place of the ventilator>.<place of the letter there>`. */
function placeOf(after: string | undefined): { readonly source: number; readonly after: number } {
  if (after === undefined) return { source: 0, after: 0 };
  const [, source, letter] = /^([0-9]{1,4})\.([0-9]{1,15})$/.exec(after) ?? [];
  if (source === undefined || letter === undefined) {
    const message = `dead.list: after is the \`next\` of a page, not ${preview(after)}`;
    throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "after" } });
  }
  return { source: Number(source), after: Number(letter) };
}
