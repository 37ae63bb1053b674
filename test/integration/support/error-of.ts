import { isTqError, type TqError } from "@tq/common";

/** The error that a promise rejects with, which is one of tq's own. */
export async function errorOf(promise: Promise<unknown>): Promise<TqError> {
  const thrown = await promise.then(
    (value) => new Error(`expected a rejection, not ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (isTqError(thrown)) return thrown;
  throw thrown;
}
