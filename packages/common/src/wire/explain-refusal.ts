/**
 * Finds where and why a value cannot be encoded, after the encoder has refused it.
 *
 * A second walk, by the same rules: a path kept during encoding would cost every value that is fine.
 */
import { isPlain } from "./is-plain.ts";
import { wireLimits } from "./limits.ts";
import { isDetached } from "./write-binary.ts";

export interface Refusal {
  /** `$` is the value itself: `$.a[3].b`. */
  readonly path: string;
  readonly reason: string;
}

export function explainRefusal(value: unknown): Refusal {
  return new Walk().visit(value, "$") ?? { path: "$", reason: "it changed while it was read" };
}

class Walk {
  readonly #around: object[] = [];

  visit(value: unknown, path: string): Refusal | undefined {
    switch (typeof value) {
      case "function":
        return { path, reason: `a function${named(value.name)} cannot be sent` };
      case "symbol":
        return { path, reason: "a symbol cannot be sent" };
      case "string":
        return value.isWellFormed() ? undefined : { path, reason: "the string has half of a surrogate pair" };
      case "object":
        return value === null ? undefined : this.#visitObject(value, path);
      default:
        return undefined;
    }
  }

  #visitObject(value: object, path: string): Refusal | undefined {
    if (this.#around.includes(value)) return { path, reason: "it contains itself" };
    if (this.#around.length >= wireLimits.depthMax) {
      return { path, reason: `it is nested deeper than ${wireLimits.depthMax} levels` };
    }
    this.#around.push(value);
    try {
      return this.#visitInside(value, path);
    } finally {
      this.#around.pop();
    }
  }

  #visitInside(value: object, path: string): Refusal | undefined {
    if (Array.isArray(value))
      return this.#first(value, (item, index) => this.visit(item, `${path}[${index}]`));
    if (value instanceof Date) {
      return Number.isNaN(value.getTime()) ? { path, reason: "the Date is invalid" } : undefined;
    }
    if (value instanceof Map) {
      return this.#first(value, ([key, item], index) => {
        return this.visit(key, `${path}.keys()[${index}]`) ?? this.visit(item, `${path}.values()[${index}]`);
      });
    }
    if (value instanceof Set)
      return this.#first(value, (item, index) => this.visit(item, `${path}.values()[${index}]`));
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return binaryRefusal(value, path);
    if (!isPlain(value)) return { path, reason: instanceReason(value) };
    return this.#first(Object.keys(value), (key) => {
      const at = `${path}${property(key)}`;
      return this.visit(key, at) ?? this.visit((value as Record<string, unknown>)[key], at);
    });
  }

  #first<T>(items: Iterable<T>, look: (item: T, index: number) => Refusal | undefined): Refusal | undefined {
    let index = 0;
    for (const item of items) {
      const found = look(item, index++);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function binaryRefusal(value: ArrayBufferView | ArrayBuffer, path: string): Refusal | undefined {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
  return isDetached(buffer) ? { path, reason: "its ArrayBuffer was transferred and is detached" } : undefined;
}

function instanceReason(value: object): string {
  if (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer)
    return "a SharedArrayBuffer cannot be sent: send a typed array over it, which is copied";
  if ("then" in value && typeof value.then === "function") return "a promise cannot be sent: await it first";
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return `an instance${typeof name === "string" ? ` of ${name}` : " of a class"} cannot be sent: send a plain object`;
}

function named(name: string): string {
  return name === "" ? "" : ` (${name})`;
}

function property(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key)
    ? `.${key}`
    : `[${JSON.stringify(key.toWellFormed().slice(0, shownKeyChars))}]`;
}

const shownKeyChars = 64;
