/**
 * Checks the columns of a header: id runs, sparse and full columns, lengths, grants. These are what grows with the
 * tasks of a batch, so each is one loop over an array of numbers. It throws `Violates`.
 */
import type { UintSpec } from "./field-spec.ts";
import { idBytes } from "./hex-id.ts";
import { wireLimits } from "./limits.ts";
import type { Grants, IdRuns, Origin } from "./messages.ts";
import { Violates } from "./violation.ts";

export function readIds(
  raw: unknown,
  limits: { countMin: number; countMax: number },
  name: string,
): { ids: IdRuns; count: number } {
  const [rawOrigins, rawRuns] = pair(raw, name);
  const origins = readOrigins(rawOrigins, name);
  const runs = uints(rawRuns, name);
  if (runs.length % 3 !== 0) throw new Violates("inconsistent", `${name} has runs that are no triples`);
  let count = 0;
  for (let index = 0; index < runs.length; index += 3) {
    const first = runs[index + 1] as number;
    const length = runs[index + 2] as number;
    if ((runs[index] as number) >= origins.length)
      throw new Violates("inconsistent", `${name} names an origin that it does not list`);
    if (first < 1 || length < 1 || first + (length - 1) > Number.MAX_SAFE_INTEGER) {
      throw new Violates("range", `${name} has a run outside of 1 to 2^53 - 1, or an empty one`);
    }
    count += length;
    if (count > limits.countMax)
      throw new Violates("range", `${name} holds more than ${limits.countMax} ids`);
  }
  if (count < limits.countMin) throw new Violates("range", `${name} holds no id`);
  return { ids: { origins, runs }, count };
}

function readOrigins(raw: unknown, name: string): readonly Origin[] {
  if (!Array.isArray(raw)) throw new Violates("type", `${name} has origins that are no array`);
  if (raw.length > wireLimits.originsPerMessageMax)
    throw new Violates("range", `${name} has more than ${wireLimits.originsPerMessageMax} origins`);
  for (let index = 0; index < raw.length; index++) {
    const bytes: unknown = raw[index];
    if (!Buffer.isBuffer(bytes) || bytes.length !== idBytes)
      throw new Violates("type", `${name} has an origin that is not ${idBytes} bytes`);
    raw[index] = bytes.toString("hex");
  }
  return raw;
}

/** The positions, checked, and as many values, which are not. */
export function readSparsePositions(
  raw: unknown,
  name: string,
  count: number,
): { at: readonly number[]; values: unknown[] } {
  const [rawAt, values] = pair(raw, name);
  const at = uints(rawAt, name);
  if (!Array.isArray(values)) throw new Violates("type", `${name} has values that are no array`);
  if (values.length !== at.length)
    throw new Violates("inconsistent", `${name} has ${at.length} positions and ${values.length} values`);
  let before = -1;
  for (let index = 0; index < at.length; index++) {
    const position = at[index] as number;
    if (position <= before || position >= count)
      throw new Violates(
        "inconsistent",
        `${name} has a position that is not ascending or not below ${count}`,
      );
    before = position;
  }
  return { at, values };
}

export function readColumn(
  raw: unknown,
  { spec, name, count }: { spec: UintSpec; name: string; count: number },
): readonly number[] {
  const column = uints(raw, name);
  if (column.length !== count) {
    throw new Violates("inconsistent", `${name} has ${column.length} entries for ${count} ids`);
  }
  const { min, max } = spec;
  if (min === 0 && max === Number.MAX_SAFE_INTEGER) return column;
  for (let index = 0; index < count; index++) {
    const value = column[index] as number;
    if (value < min || value > max) throw new Violates("range", `${name} is not from ${min} to ${max}`);
  }
  return column;
}

/** One number stands for as many equal ones. Their sum is the body's length. */
export function readLengths(
  raw: unknown,
  { name, count, bytes }: { name: string; count: number; bytes: number },
): readonly number[] {
  const lengths = typeof raw === "number" ? new Array<number>(count).fill(raw) : uints(raw, name);
  if (lengths.length !== count) {
    throw new Violates("inconsistent", `${name} has ${lengths.length} lengths for ${count} ids`);
  }
  let sum = 0;
  let least = 1;
  for (let index = 0; index < count; index++) {
    const length = lengths[index] as number;
    if (length < least) least = length;
    sum += length;
  }
  if (!(least >= 1 && Number.isSafeInteger(lengths[0])))
    throw new Violates("range", `${name} has a length below 1`);
  if (sum !== bytes) throw new Violates("inconsistent", `${name} takes ${sum} bytes, the body has ${bytes}`);
  return lengths;
}

export function readGrants(raw: unknown, name: string): Grants {
  const grants = uints(raw, name);
  if (grants.length % 3 !== 0) throw new Violates("inconsistent", `${name} are no triples`);
  if (grants.length > 3 * wireLimits.definitionsMax)
    throw new Violates("range", `${name} name more than ${wireLimits.definitionsMax} definitions`);
  for (let index = 0; index < grants.length; index += 3) {
    if ((grants[index] as number) >= wireLimits.definitionsMax)
      throw new Violates("range", `${name} name a definition beyond ${wireLimits.definitionsMax}`);
  }
  return grants;
}

export function pair(raw: unknown, name: string): readonly [unknown, unknown] {
  if (!Array.isArray(raw) || raw.length !== 2) throw new Violates("type", `${name} is no array of two`);
  return raw as unknown as readonly [unknown, unknown];
}

export function uints(raw: unknown, name: string): readonly number[] {
  if (!Array.isArray(raw)) throw new Violates("type", `${name} is no array`);
  for (let index = 0; index < raw.length; index++) {
    const value: unknown = raw[index];
    // Mostly below 2^32, which is the cheaper question; asked of numbers only, since a BigInt or an object would throw.
    if (typeof value === "number" && (value >>> 0 === value || (Number.isSafeInteger(value) && value >= 0)))
      continue;
    throw new Violates("type", `${name} holds what is no unsigned integer`);
  }
  return raw;
}
