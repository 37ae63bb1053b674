/**
 * A guard of a shipped core that is taken out at run time, to see whether anybody would notice: an invariant that no
 * mutant breaks shows nothing.
 */
export interface Mutant {
  readonly name: string;
  /** What is missing. */
  readonly about: string;
  /** A seed that is known to notice: tried first, which saves time. When it does not any more, the others are tried. */
  readonly triedFirst?: number;
  /** Takes the guard out; gives a function that puts it back. */
  apply(): () => void;
}

/** A method as a function of what it is called with. */
type Callable<Method> = Method extends (...args: infer Args) => infer Result
  ? (...args: Args) => Result
  : never;

/** One call of a method, and the way to the one that ships. */
export interface Call<Target, Method> {
  readonly self: Target;
  readonly args: Parameters<Callable<Method>>;
  readonly proceed: Callable<Method>;
}

/** Puts `instead` in the place of a method, for all objects of a class. Gives a function that undoes it. */
export function around<Target extends object, Key extends keyof Target>(
  prototype: Target,
  key: Key,
  instead: (call: Call<Target, Target[Key]>) => ReturnType<Callable<Target[Key]>>,
): () => void {
  const original = prototype[key] as Callable<Target[Key]>;
  const replacement = function (this: Target, ...args: Parameters<Callable<Target[Key]>>) {
    return instead({ self: this, args, proceed: original.bind(this) as Callable<Target[Key]> });
  };
  prototype[key] = replacement as Target[Key];
  return () => {
    prototype[key] = original as Target[Key];
  };
}
