/** What parsing gives: the value, or in words why there is none. Parsing never throws on what a peer or a user wrote. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/** @internal */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** @internal */
export function refused(reason: string): Parsed<never> {
  return { ok: false, reason };
}
