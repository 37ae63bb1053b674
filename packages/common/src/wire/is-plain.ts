/**
 * Whether an object is plain data: nothing stands above it but the top of the prototype chain. So an object without a
 * prototype is, and so is a plain object of another realm, whose `Object.prototype` is not this one's.
 */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
