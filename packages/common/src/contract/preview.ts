import { contractLimits } from "./limits.ts";

/**
 * Any value as a short text for a message. Never throws, and its work is bounded, because the value may be whatever a
 * handler threw: circular, huge, or a proxy whose every trap throws.
 */
export function preview(value: unknown, charsMax: number = contractLimits.quotedCharsMax): string {
  try {
    return cutText(describe(value), charsMax);
  } catch {
    return "[a value that cannot be read]";
  }
}

/**
 * The text with at most `charsMax` UTF-16 units of its own, marked when cut. The answer is well-formed Unicode, since a lone
 * surrogate has no UTF-8 form, and another language's decoder would refuse the message that carries it.
 */
export function cutText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text.toWellFormed();
  return `${text.slice(0, charsMax).toWellFormed()}… [cut: ${text.length} characters]`;
}

function describe(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[function ${value.name || "without a name"}]`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value, boundedReplacer()) ?? kindOf(value);
  } catch {
    return kindOf(value);
  }
}

function boundedReplacer(): (key: string, value: unknown) => unknown {
  let fields = 0;
  return (_key, value) => {
    fields += 1;
    if (fields > contractLimits.remoteErrorFieldsMax) throw new RangeError("too many fields to describe");
    return typeof value === "bigint" ? `${value}n` : value;
  };
}

function kindOf(value: object): string {
  return Object.prototype.toString.call(value);
}
