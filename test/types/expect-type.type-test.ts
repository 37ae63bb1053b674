// The tests' own means: a claim that is wrong must be an error.
import type { Equal, Expect } from "./expect-type.ts";

export type Claims = [
  Expect<Equal<{ a: 1 }, { a: 1 }>>,
  // @ts-expect-error: `unknown` is not `string`
  Expect<Equal<unknown, string>>,
  // @ts-expect-error: `never` is not `string`
  Expect<Equal<never, string>>,
  // @ts-expect-error: an optional property is not a required one
  Expect<Equal<{ a?: 1 }, { a: 1 }>>,
];
