import { hasBrand, setBrand } from "./brand.ts";
import type { TqErrorCode } from "./error-codes.ts";

const tqErrorBrand = Symbol.for("tq.error");

/** What an error may carry besides its code and message. */
export interface TqErrorOptions {
  /** Facts for programs, such as the endpoint or the limit; the message says the same for people. Default: none. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What led to this error. */
  readonly cause?: unknown;
}

/**
 * The one base of every error that tq throws. `code` is stable and is what programs should look at, through
 * `isTqError(error, code)`; the message says what was wrong, where, and what would be right, and may change.
 */
export class TqError<Code extends TqErrorCode = TqErrorCode> extends Error {
  static {
    // On the prototype, so that the first line of the stack, which is written while Error's constructor runs, has it.
    Object.defineProperty(TqError.prototype, "name", {
      value: "TqError",
      configurable: true,
      writable: true,
    });
    setBrand(TqError.prototype, tqErrorBrand);
  }

  readonly code: Code;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, options: TqErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Whether the value is a TqError of this or another copy of the package. Never throws. */
export function isAnyTqError(error: unknown): error is TqError {
  return hasBrand(error, tqErrorBrand);
}
