/** In what way a peer's message breaks the grammar. */
export type Violation =
  /** Too few or too many frames. */
  | "frames"
  /** A frame beyond the limit. */
  | "too-large"
  /** Not MessagePack, or not of the form `[verb, {…}]`. */
  | "malformed"
  /** A verb that this version does not have. */
  | "unknown-verb"
  /** WELCOME of another version. (HELLO of one is no violation: it is refused.) */
  | "version"
  /** A field that must be there is not. */
  | "missing"
  /** A field of another type. */
  | "type"
  /** A number, text or list outside its range. */
  | "range"
  /** Columns, ids and body that do not fit each other. */
  | "inconsistent";

/** Thrown within the decoder, and caught at its edge. No Error: it must not cost a stack trace. */
export class Violates {
  readonly violation: Violation;
  readonly reason: string;

  constructor(violation: Violation, reason: string) {
    this.violation = violation;
    this.reason = reason;
  }
}
