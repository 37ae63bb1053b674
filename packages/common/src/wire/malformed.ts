/**
 * Thrown inside the wire layer for bytes that are no value of the protocol, and caught at its edge.
 * No Error: refusing what a peer sends must not cost a stack trace.
 */
export class Malformed {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}
