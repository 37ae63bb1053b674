/**
 * Checks the fields of a header that a peer sent, by their descriptions, and gives them the form they have in memory.
 *
 * `raw` is what MessagePack held: fresh arrays and objects that nobody else has, so a checked column is kept as it is.
 * It throws `Violates`.
 */
import type { FieldSpec, ListSpec, ScalarSpec, ShapeSpec, StructSpec, TextSpec } from "./field-spec.ts";
import { idBytes } from "./hex-id.ts";
import { wireLimits } from "./limits.ts";
import type { IdRuns, SparseColumn } from "./messages.ts";
import { readColumn, readGrants, readIds, readSparsePositions } from "./read-columns.ts";
import { Violates } from "./violation.ts";

type Fields = Readonly<Record<string, FieldSpec>>;
export type Structure = Record<string, unknown>;

/** How many ids the columns refer to. A structure with ids of its own has its own. */
interface Scope {
  count: number;
}

/** The fields that are there, checked; unknown ones are left out. `raw.values` is left to whoever has the body. */
export function readFields(
  fields: Fields,
  raw: unknown,
  outer: Scope = { count: 0 },
): { read: Structure; count: number } {
  if (!isStructure(raw)) throw new Violates("type", "a structure is no map");
  const scope = { count: outer.count };
  const read: Structure = {};
  for (const name in fields) {
    const spec = fields[name] as FieldSpec;
    const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (value !== undefined) read[name] = readShape(value, { spec, name, scope, siblings: read });
    else if (spec.type === "struct" && spec.elided) read[name] = nothing;
    else if (!spec.optional) throw new Violates("missing", `${name} is missing`);
  }
  return { read, count: scope.count };
}

/** What stands for a structure that was left out because it would be empty. */
export const nothing = Object.freeze({});

interface Place {
  readonly spec: ShapeSpec;
  readonly name: string;
  readonly scope: Scope;
  /** The fields of the same structure that were read before. */
  readonly siblings: Structure;
}

function readShape(raw: unknown, place: Place): unknown {
  const { spec, name, scope } = place;
  switch (spec.type) {
    case "struct":
      return readStruct(raw, { spec, name, scope });
    case "list":
      return readList(raw, spec, place);
    case "textMap":
      return readTextMap(raw, spec, name);
    case "ids": {
      const { ids, count } = readIds(raw, spec, name);
      scope.count = count;
      return ids satisfies IdRuns;
    }
    case "sparse":
      return readSparse(raw, spec.of, place);
    case "column":
      return readColumn(raw, { spec: spec.of, name, count: scope.count });
    case "grants":
      return readGrants(raw, name);
    case "values":
      return raw;
    default:
      return readScalar(raw, spec, name);
  }
}

function readStruct(raw: unknown, place: { spec: StructSpec; name: string; scope: Scope }): unknown {
  const { spec, name, scope } = place;
  if (!isStructure(raw)) throw new Violates("type", `${name} is no map`);
  const { read } = readFields(spec.fields, raw, scope);
  const checked = spec.check?.(read);
  if (checked?.ok === false) throw new Violates("range", `${name}: ${checked.reason}`);
  return read;
}

function readList(raw: unknown, spec: ListSpec, place: Place): readonly unknown[] {
  const { name, siblings, scope } = place;
  if (!Array.isArray(raw)) throw new Violates("type", `${name} is no array`);
  if (raw.length < spec.itemsMin || raw.length > spec.itemsMax) {
    throw new Violates("range", `${name} has ${raw.length} items, not ${spec.itemsMin} to ${spec.itemsMax}`);
  }
  const twin = spec.sameLengthAs;
  if (twin !== undefined && (siblings[twin] as readonly unknown[]).length !== raw.length) {
    throw new Violates("inconsistent", `${name} and ${twin} differ in length`);
  }
  const { of } = spec;
  return raw.map((item) =>
    of.type === "struct" ? readStruct(item, { spec: of, name, scope }) : readScalar(item, of, name),
  );
}

function readSparse(raw: unknown, of: ScalarSpec, { name, scope }: Place): SparseColumn<unknown> {
  const { at, values } = readSparsePositions(raw, name, scope.count);
  for (let index = 0; index < values.length; index++) values[index] = readScalar(values[index], of, name);
  return { at, values };
}

export function readScalar(raw: unknown, spec: ScalarSpec, name: string): unknown {
  switch (spec.type) {
    case "uint":
    case "int":
    case "number": {
      const isNumber =
        typeof raw === "number" &&
        (spec.type === "number" ? Number.isFinite(raw) : Number.isSafeInteger(raw));
      if (!isNumber)
        throw new Violates("type", `${name} is no ${spec.type === "number" ? "number" : "integer"}`);
      if (raw < spec.min || raw > spec.max)
        throw new Violates("range", `${name} is not from ${spec.min} to ${spec.max}`);
      return raw;
    }
    case "bool":
      if (typeof raw !== "boolean") throw new Violates("type", `${name} is no boolean`);
      return raw;
    case "id":
      if (!Buffer.isBuffer(raw)) throw new Violates("type", `${name} is no binary`);
      if (raw.length !== idBytes)
        throw new Violates("range", `${name} has ${raw.length} bytes, not ${idBytes}`);
      return raw.toString("hex");
    case "enum":
      if (typeof raw !== "string") throw new Violates("type", `${name} is no string`);
      if (!spec.of.includes(raw)) throw new Violates("range", `${name} is none of ${spec.of.join(", ")}`);
      return raw;
    case "text":
      return readText(raw, spec, name);
  }
}

function readText(raw: unknown, spec: TextSpec, name: string): string {
  if (typeof raw !== "string") throw new Violates("type", `${name} is no string`);
  const { charsMin = 0, charsMax } = spec;
  if (raw.length < charsMin || raw.length > charsMax) {
    throw new Violates("range", `${name} has ${raw.length} characters, not ${charsMin} to ${charsMax}`);
  }
  if (spec.parse?.(raw).ok === false)
    throw new Violates("range", `${name} has a character that it may not have`);
  return raw;
}

function readTextMap(
  raw: unknown,
  spec: { entriesMax: number; charsMax: number },
  name: string,
): Readonly<Record<string, string>> {
  if (!isStructure(raw)) throw new Violates("type", `${name} is no map`);
  const entries = Object.entries(raw);
  if (entries.length > spec.entriesMax)
    throw new Violates("range", `${name} has more than ${spec.entriesMax} entries`);
  const text: TextSpec = { type: "text", charsMin: 1, charsMax: spec.charsMax };
  const keyText: TextSpec = { type: "text", charsMin: 1, charsMax: wireLimits.nameCharsMax };
  return Object.fromEntries(
    entries.map(([key, value]) => [readText(key, keyText, name), readText(value, text, name)]),
  );
}

function isStructure(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === "object" && raw !== null && Object.getPrototypeOf(raw) === Object.prototype;
}
