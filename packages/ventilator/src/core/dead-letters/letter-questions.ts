/** The questions about dead letters and the commands to them, each with its answer. */
import type { DeadLetterChoice, QuestionReply } from "@tq/common/protocol";
import type { Answerer } from "../questions.ts";
import { idOfLetter } from "./dead-letter.ts";
import type { DeadLetters, KeptLetter } from "./dead-letters.ts";
import { lineOf, wholeOf } from "./letter-answers.ts";
import { readChoice, readListing, readTaskId } from "./letter-choice.ts";
import type { LetterRetries, Retried } from "./letter-retries.ts";

/** Letters that one command retries; the next one goes on behind them. Raised: what one turn of the loop does. */
const retriedMax = 256;

export interface LetterQuestionParts {
  readonly letters: DeadLetters;
  readonly retries: LetterRetries;
}

type Answer = (reply: QuestionReply) => void;

export const letterQuestions = ({ letters, retries }: LetterQuestionParts) => {
  const list: Answerer = (now, params, reply) => {
    const read = readListing(params);
    if (!read.ok) return refuse(reply, read.message);
    const { limit, ...filter } = read.value;
    const { letters: page, hasMore } = letters.page(filter, limit);
    const { kept, dropped } = letters.stats;
    const lines = page.map(({ letter }) => lineOf(now, letter));
    reply({ ok: true, answer: { letters: lines, kept, dropped, ...nextOf(page, hasMore) } });
  };

  const show: Answerer = (now, params, reply) => {
    const read = readTaskId(params);
    if (!read.ok) return refuse(reply, read.message);
    const kept = letters.find(read.value);
    if (kept === undefined) return reply(unknownLetter(read.value));
    reply({ ok: true, answer: wholeOf(now, kept.letter) });
  };

  const retry: Answerer = (now, params, reply) => {
    const chosen = choose(letters, params, retriedMax);
    if (!chosen.ok) return reply(chosen);
    const { page, more } = chosen;
    const upTo = more.upTo;
    if (page.length === 0) return reply({ ok: true, answer: { retried: [], ...more } });
    const retried: [string, string][] = [];
    let refused: { code: string; message: string; count: number } | undefined;
    let left = page.length;
    const done = (kept: KeptLetter, end: Retried): void => {
      if ("taskId" in end) retried.push([idOfLetter(kept.letter), end.taskId]);
      else refused = { code: end.code, message: end.message, count: (refused?.count ?? 0) + 1 };
      left -= 1;
      if (left > 0) return;
      reply({ ok: true, answer: { retried, ...more, upTo, ...(refused !== undefined && { refused }) } });
    };
    for (const kept of page) retries.retry(now, kept, (end) => done(kept, end));
  };

  const discard: Answerer = (_now, params, reply) => {
    const chosen = choose(letters, params, Number.POSITIVE_INFINITY);
    if (!chosen.ok) return reply(chosen);
    for (const { letter } of chosen.page) letters.remove(idOfLetter(letter));
    reply({ ok: true, answer: { discarded: chosen.page.length, ...chosen.more } });
  };

  return { "dead.list": list, "dead.show": show, "dead.retry": retry, "dead.discard": discard };
};

/** Those that a command is about. One that is being retried already is none of them. */
function choose(letters: DeadLetters, params: unknown, max: number) {
  const read = readChoice(params);
  if (!read.ok) return invalid(read.message);
  const { taskId, ...filter } = read.value;
  const upTo = filter.upTo ?? letters.lastNumber;
  if (taskId !== undefined) {
    const kept = letters.find(taskId);
    if (kept === undefined || kept.isRetrying) return unknownLetter(taskId);
    return { ok: true, page: [kept], more: { upTo } } as const;
  }
  const { letters: page, hasMore } = letters.page({ ...filter, upTo }, max);
  const more = { upTo, ...nextOf(page, hasMore) };
  return { ok: true, page: page.filter(({ isRetrying }) => !isRetrying), more } as const;
}

const nextOf = (
  page: readonly KeptLetter[],
  hasMore: boolean,
): Pick<DeadLetterChoice, "after"> & { next?: number } => {
  const next = page.at(-1)?.number;
  return hasMore && next !== undefined ? { next } : {};
};

const invalid = (message: string) => ({ ok: false, code: "TQ_ERR_INVALID_OPTION", message }) as const;

const refuse = (reply: Answer, message: string): void => reply(invalid(message));

const unknownLetter = (taskId: string) => {
  const message = `there is no dead letter ${taskId} here: it was never one, or has been retried, discarded or dropped`;
  return { ok: false, code: "TQ_ERR_UNKNOWN_TASK", message } as const;
};
