/**
 * How tq recognises its own objects: by a mark under a registered symbol, and not by `instanceof`, because two copies of
 * this package can meet in one process (a worker and the file of handlers it loads may resolve different ones).
 */

/** Sets the mark. It is not enumerable: it does not show when the object is printed, and a spread copy is unmarked. */
export function setBrand(target: object, brand: symbol): void {
  Object.defineProperty(target, brand, { value: true });
}

/** Whether the value carries the mark. Never throws, whatever it is given: a proxy may throw at any touch. */
export function hasBrand(value: unknown, brand: symbol): boolean {
  if (typeof value !== "object" || value === null) return false;
  try {
    return Reflect.get(value, brand) === true;
  } catch {
    return false;
  }
}
