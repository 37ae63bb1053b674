/** Dead letters as they are told: plain data, spans instead of instants. */
import type { DeadLetterLine, DeadLetterOptions, WholeDeadLetter } from "@tq/common/protocol";
import { bytesOfValues } from "@tq/common/wire";
import { type DeadLetter, idOfLetter, traceIdOfLetter } from "./dead-letter.ts";

/** Of a message in a list: enough to tell one from another. */
const listedMessageCharsMax = 300;

export function lineOf(now: number, letter: DeadLetter): DeadLetterLine {
  const { task, outcome, attempt, failures, crashes, owner } = letter;
  const error = letter.errors.at(-1)?.error;
  return {
    taskId: idOfLetter(letter),
    traceId: traceIdOfLetter(letter),
    task,
    outcome,
    ...(error !== undefined && {
      error: {
        name: error.name,
        message: error.message.slice(0, listedMessageCharsMax).toWellFormed(),
        ...(error.code !== undefined && { code: error.code }),
      },
    }),
    attempt,
    failures,
    crashes,
    acceptedAgoMs: agoMs(now, letter.acceptedAt),
    endedAgoMs: agoMs(now, letter.endedAt),
    submitter: owner,
    inputBytes: bytesOfValues(letter.values),
  };
}

export function wholeOf(now: number, letter: DeadLetter): WholeDeadLetter {
  const { contract, policy, values, errors } = letter;
  return {
    ...lineOf(now, letter),
    ...(contract !== undefined && { contract }),
    ...(policy !== undefined && { policy }),
    options: optionsOf(letter),
    errors: errors.map(({ attempt, worker, at, error }) => ({
      attempt,
      worker,
      agoMs: agoMs(now, at),
      error,
    })),
    input: values.slab,
    attachments: values.attachments?.frames ?? [],
  };
}

function optionsOf({ options }: DeadLetter): DeadLetterOptions {
  const { priority, notBeforeMs, expiresMs, timeoutMs, traceparent, key, keyKeptMs } = options;
  const given = {
    priority: priority?.values[0],
    delayMs: notBeforeMs?.values[0],
    expiresMs: expiresMs?.values[0],
    attemptTimeoutMs: timeoutMs?.values[0],
    traceparent: traceparent?.values[0],
    idempotencyKey: key?.values[0],
    keepForMs: keyKeptMs?.values[0],
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

const agoMs = (now: number, at: number): number => Math.max(0, Math.round(now - at));
