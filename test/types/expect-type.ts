// The two types that a type test states its claim with:
//   type _ = Expect<Equal<typeof result, string>>;
// Neither has a run time: a wrong claim is an error of the compiler.

/** `true` when A and B are the same type. Tells `any`, `unknown` and `never` apart, which mutual assignability does not. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Accepts only `true`. */
export type Expect<T extends true> = T;
