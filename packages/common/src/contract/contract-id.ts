/**
 * The contract id: which callers and workers of a task name understand each other. It is the definition's `version` if that
 * says one; else a hash of the JSON Schemas of what travels; else undefined, which matches any.
 *
 * What travels is what the caller gives and what the handler returns, both before the receiver's parse; so both schemas are
 * taken from their input side, and a changed transform or default at the receiver does not split a fleet. Neither do a
 * reworded description or fields declared in another order: those are taken out before hashing. A schema without a JSON
 * Schema (the library offers none, or the value has none, such as a Date) counts as unknown.
 *
 * hash = FNV-1a 64 (Fowler, Noll, Vo) over the UTF-8 of {"input":…,"output":…} in canonical JSON (keys sorted, no spaces;
 * null for an unknown schema), as 16 hex digits. It guards against mix-ups and not against an adversary, so it need not be
 * cryptographic, and this file stays free of node:crypto.
 */
import type { StandardJSONSchemaV1 } from "@standard-schema/spec";
import type { Schema } from "./schema.ts";
import { multiplyU64, type U64, u64FromHex, u64ToHex } from "./u64.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface ContractSource {
  readonly version: string | undefined;
  readonly input: Schema;
  readonly output: Schema;
}

export function contractIdOf({ version, input, output }: ContractSource): string | undefined {
  if (version !== undefined) return version;
  const travelling = { input: canonicalSchema(input), output: canonicalSchema(output) };
  if (travelling.input === "null" && travelling.output === "null") return undefined;
  return fnv1a64(`{"input":${travelling.input},"output":${travelling.output}}`);
}

/** The JSON Schema of the schema's input side as canonical JSON; "null" if there is none. */
function canonicalSchema(schema: Schema): string {
  const standard: Partial<StandardJSONSchemaV1.Props> = schema["~standard"];
  try {
    // Libraries throw for what JSON Schema cannot say. A circular answer overflows the stack, which ends up here as well.
    const jsonSchema = standard.jsonSchema?.input({ target: "draft-2020-12" });
    return jsonSchema === undefined ? "null" : canonicalJson(essence(jsonSchema as Json));
  } catch {
    return "null";
  }
}

/** Keywords that tell people something and accept or refuse no value. */
const annotations = new Set(
  "$schema $comment title description default examples deprecated readOnly writeOnly".split(" "),
);
/** Keywords whose keys are names given by the user, never keywords. */
const namedSchemas = new Set("properties patternProperties $defs definitions dependentSchemas".split(" "));
/** Keywords whose content is a value and not a schema. */
const values = new Set(["const", "enum"]);

/** The schema without what does not change which values it accepts. */
function essence(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(essence);
  if (!isRecord(schema)) return schema;
  const kept: [string, Json][] = [];
  for (const [keyword, content] of Object.entries(schema)) {
    if (annotations.has(keyword)) continue;
    if (values.has(keyword)) kept.push([keyword, content]);
    else if (keyword === "required" && Array.isArray(content)) kept.push([keyword, content.toSorted()]);
    else if (namedSchemas.has(keyword) && isRecord(content)) kept.push([keyword, essenceOfEach(content)]);
    else kept.push([keyword, essence(content)]);
  }
  return Object.fromEntries(kept);
}

function essenceOfEach(schemas: { readonly [name: string]: Json }): Json {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, essence(schema)]));
}

function isRecord(json: Json): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** RFC 8785: keys sorted by their UTF-16 units, no spaces, numbers and strings as JSON.stringify writes them. */
function canonicalJson(json: Json): string {
  if (Array.isArray(json)) return `[${json.map(canonicalJson).join(",")}]`;
  if (!isRecord(json)) return JSON.stringify(json);
  const fields = Object.keys(json)
    .sort()
    .flatMap((key) => {
      const value = json[key];
      return value === undefined ? [] : [`${JSON.stringify(key)}:${canonicalJson(value)}`];
    });
  return `{${fields.join(",")}}`;
}

const fnvOffset = u64FromHex("cbf29ce484222325");
const fnvPrime = u64FromHex("00000100000001b3");

/** FNV-1a, 64 bits, over the text's UTF-8, as 16 hex digits. */
export function fnv1a64(text: string): string {
  let hash: U64 = fnvOffset;
  for (const byte of new TextEncoder().encode(text)) {
    hash = multiplyU64({ hi: hash.hi, lo: (hash.lo ^ byte) >>> 0 }, fnvPrime);
  }
  return u64ToHex(hash);
}
