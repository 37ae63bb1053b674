/**
 * Writes the fields of a header by their descriptions. What it writes was made by this side, so most of it is taken as it
 * is. Spans are rounded and texts for people cut, because both come from arithmetic and from elsewhere; a number outside its
 * range is a bug, and better found here than by the other side.
 */
import { invariant } from "../contract/index.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { FieldSpec, NumberSpec, ScalarSpec, ShapeSpec, UintSpec } from "./field-spec.ts";
import { idBytes, isHexId, writeHexId } from "./hex-id.ts";
import { idCount } from "./ids.ts";
import type { IdRuns, SparseColumn, Values } from "./messages.ts";

type Fields = Readonly<Record<string, FieldSpec>>;
type Structure = Readonly<Record<string, unknown>>;

/** A map of the fields that are there; `more` leaves room for entries that the caller adds. */
export function writeFields(
  writer: ByteWriter,
  fields: Fields,
  { value, more = 0 }: { value: Structure; more?: number },
): void {
  let count = more;
  for (const name in fields) if (isThere(fields[name] as FieldSpec, value[name])) count++;
  writer.mapHeader(count);
  for (const name in fields) {
    const spec = fields[name] as FieldSpec;
    const field = value[name];
    if (!isThere(spec, field)) continue;
    writer.string(name);
    writeShape(writer, spec, field);
  }
}

function isThere(spec: ShapeSpec, value: unknown): boolean {
  if (value === undefined) return false;
  if (spec.type !== "struct" || spec.elided === undefined) return true;
  for (const name in value as Structure) if ((value as Structure)[name] !== undefined) return true;
  return false;
}

function writeShape(writer: ByteWriter, spec: ShapeSpec, value: unknown): void {
  switch (spec.type) {
    case "struct":
      writeFields(writer, spec.fields, { value: value as Structure });
      break;
    case "list":
      writer.arrayHeader((value as readonly unknown[]).length);
      for (const item of value as readonly unknown[]) writeShape(writer, spec.of, item);
      break;
    case "textMap":
      writeTextMap(writer, value as Readonly<Record<string, string>>);
      break;
    case "ids":
      writeIds(writer, value as IdRuns, spec);
      break;
    case "sparse":
      writeSparse(writer, value as SparseColumn<unknown>, spec.of);
      break;
    case "column":
    case "grants":
      writer.uints(value as readonly number[]);
      break;
    case "values":
      writeLengths(writer, (value as Values).lengths);
      break;
    default:
      writeScalar(writer, spec, value);
  }
}

function writeScalar(writer: ByteWriter, spec: ScalarSpec, value: unknown): void {
  switch (spec.type) {
    case "uint":
    case "int":
      writer.number(wholeWithin(spec, value as number));
      break;
    case "number":
      writer.number(value as number);
      break;
    case "bool":
      writer.byte(value ? 0xc3 : 0xc2);
      break;
    case "id":
      writeId(writer, value as string);
      break;
    case "text":
      writeText(writer, spec.forPeople ? cut(value as string, spec.charsMax) : (value as string));
      break;
    case "enum":
      writeText(writer, value as string);
  }
}

function wholeWithin(spec: UintSpec | NumberSpec, value: number): number {
  const { min, max, unit } = spec;
  const whole = unit === "ms" ? Math.min(Math.max(Math.round(value), min), max) : value;
  const fits = Number.isSafeInteger(whole) && whole >= min && whole <= max;
  if (!fits) invariant(false, `a header has ${value} where an integer from ${min} to ${max} belongs`);
  return whole;
}

function cut(text: string, charsMax: number): string {
  return (text.length > charsMax ? text.slice(0, charsMax) : text).toWellFormed();
}

function writeText(writer: ByteWriter, text: string): void {
  invariant(writer.string(text), "a string of a header has both halves of each surrogate pair");
}

function writeId(writer: ByteWriter, id: string): void {
  invariant(isHexId(id), "an origin or boot id is 16 lower-case hex digits");
  writer.reserve(2 + idBytes);
  writer.byte(0xc4);
  writer.byte(idBytes);
  writeHexId(id, writer.buf, writer.pos);
  writer.pos += idBytes;
}

function writeIds(writer: ByteWriter, ids: IdRuns, limits: { countMin: number; countMax: number }): void {
  const count = idCount(ids);
  if (count < limits.countMin || count > limits.countMax) {
    invariant(false, `a message has ${limits.countMin} to ${limits.countMax} ids here, not ${count}`);
  }
  writer.arrayHeader(2);
  writer.arrayHeader(ids.origins.length);
  for (const origin of ids.origins) writeId(writer, origin);
  writer.uints(ids.runs);
}

function writeSparse(writer: ByteWriter, column: SparseColumn<unknown>, of: ScalarSpec): void {
  writer.arrayHeader(2);
  writer.uints(column.at);
  writer.arrayHeader(column.values.length);
  for (const value of column.values) writeScalar(writer, of, value);
}

/** One number where all are equal. */
function writeLengths(writer: ByteWriter, lengths: readonly number[]): void {
  if (areEqual(lengths)) writer.number(lengths[0] ?? 0);
  else writer.uints(lengths);
}

function areEqual(lengths: readonly number[]): boolean {
  for (let index = 1; index < lengths.length; index++) if (lengths[index] !== lengths[0]) return false;
  return true;
}

function writeTextMap(writer: ByteWriter, map: Readonly<Record<string, string>>): void {
  const entries = Object.entries(map);
  writer.mapHeader(entries.length);
  for (const [key, text] of entries) {
    writeText(writer, key);
    writeText(writer, text);
  }
}
