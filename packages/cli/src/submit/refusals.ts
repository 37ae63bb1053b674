/**
 * Inputs that never became tasks: each is named, the others go on, and the command ends with "usage". To stop at the first
 * one would leave the user to find out how far it had come.
 */
import { isTqError, TqError, type TqErrorCode } from "@tq/common";

/** A file that is no NDJSON at all would fill the screen. */
const namedMax = 20;

/** These are the input's own fault; any other error is about the whole call. */
const aboutInput: ReadonlySet<TqErrorCode> = new Set<TqErrorCode>([
  "TQ_ERR_INVALID_INPUT",
  "TQ_ERR_UNENCODABLE",
  "TQ_ERR_PAYLOAD_TOO_LARGE",
]);

export const isAboutInput = (code: string | undefined): boolean => aboutInput.has(code as TqErrorCode);

export class Refusals {
  readonly #say: (error: TqError) => void;
  #count = 0;

  constructor(say: (error: TqError) => void) {
    this.#say = say;
  }

  get count(): number {
    return this.#count;
  }

  /** `where` is "line 7", unless the error says it already. Throws again what is not about the input. */
  add(error: unknown, where?: string): void {
    if (!isTqError(error) || !isAboutInput(error.code)) throw error;
    this.#count += 1;
    if (this.#count > namedMax + 1) return;
    const message = where === undefined ? error.message : `${where}: ${error.message}`;
    const { code, details } = error;
    this.#say(
      this.#count <= namedMax
        ? new TqError(code, message, { details, cause: error })
        : new TqError(code, "and more inputs like these, which are not named"),
    );
  }
}
