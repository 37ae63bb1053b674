/**
 * An input that a task takes, to show how it is submitted: made from the JSON Schema of its input, where the schema's
 * library offers one, and shown only if the schema itself takes it.
 */
import type { AnyTask } from "@tq/common";
import { validate } from "@tq/common/contract";

type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** A schema may contain itself. */
const depthMax = 8;

/** As JSON text. Undefined where nothing is known of the input, or nothing fitting was found. */
export async function sampleInput({ input }: AnyTask): Promise<string | undefined> {
  const standard: object = input["~standard"];
  if (!("jsonSchema" in standard)) return undefined;
  try {
    const { jsonSchema } = standard as { jsonSchema: { input(options: object): JsonSchema } };
    const schema = jsonSchema.input({ target: "draft-2020-12" });
    const sample = new Sampler(schema).sample(schema, 0);
    const { ok } = await validate(input, sample);
    return ok ? JSON.stringify(sample) : undefined;
  } catch {
    // Libraries throw for what JSON Schema cannot say.
    return undefined;
  }
}

class Sampler {
  readonly #root: JsonSchema;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  sample(schema: JsonSchema, depth: number): unknown {
    if (typeof schema === "boolean" || depth > depthMax) return null;
    const { $ref, default: fallback, examples, allOf, type } = schema;
    if (fallback !== undefined) return fallback;
    if (Array.isArray(examples) && examples.length > 0) return examples[0];
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return schema.enum[0];
    if (typeof $ref === "string") return this.sample(this.#resolve($ref), depth + 1);
    const [choice] = listOf(schema.anyOf ?? schema.oneOf);
    if (choice !== undefined) return this.sample(choice, depth + 1);
    if (allOf !== undefined) return this.#sampleAll(listOf(allOf), depth);
    return this.#sampleType(Array.isArray(type) ? type[0] : type, schema, depth);
  }

  #sampleType(type: unknown, schema: Exclude<JsonSchema, boolean>, depth: number): unknown {
    switch (type) {
      case "object":
        return this.#sampleObject(schema, depth);
      case "array":
        return this.#sampleArray(schema, depth);
      case "string":
        return sampleString(schema);
      case "number":
      case "integer":
        return sampleNumber(schema);
      case "boolean":
        return true;
      default:
        return null;
    }
  }

  /** What is optional is left out. */
  #sampleObject({ properties, required }: Exclude<JsonSchema, boolean>, depth: number): object {
    const known = (properties ?? {}) as Record<string, JsonSchema>;
    const names = Array.isArray(required) ? (required as string[]) : [];
    return Object.fromEntries(names.map((name) => [name, this.sample(known[name] ?? true, depth + 1)]));
  }

  #sampleArray({ prefixItems, items, minItems = 1 }: Exclude<JsonSchema, boolean>, depth: number): unknown[] {
    const first = listOf(prefixItems).map((each) => this.sample(each, depth + 1));
    const more = Math.max(0, Number(minItems) - first.length);
    if (items === undefined || items === false) return first;
    return [...first, ...Array.from({ length: more }, () => this.sample(items as JsonSchema, depth + 1))];
  }

  #sampleAll(parts: readonly JsonSchema[], depth: number): unknown {
    const samples = parts.map((part) => this.sample(part, depth + 1));
    return samples.every((each) => typeof each === "object") ? Object.assign({}, ...samples) : samples[0];
  }

  #resolve(reference: string): JsonSchema {
    let found: unknown = this.#root;
    for (const name of reference.replace(/^#\/?/, "").split("/").filter(Boolean)) {
      found = (found as Record<string, unknown> | undefined)?.[
        name.replaceAll("~1", "/").replaceAll("~0", "~")
      ];
    }
    return (found as JsonSchema | undefined) ?? true;
  }
}

const listOf = (value: unknown): readonly JsonSchema[] => (Array.isArray(value) ? value : []);

const formats: Readonly<Record<string, string>> = {
  email: "someone@example.org",
  uri: "https://example.org",
  uuid: "7d444840-9dc0-41d1-b245-5ffdce74fad2",
  "date-time": "2026-01-01T00:00:00Z",
  date: "2026-01-01",
  time: "00:00:00Z",
  ipv4: "127.0.0.1",
  ipv6: "::1",
};

function sampleString({ format, minLength = 0, maxLength }: Exclude<JsonSchema, boolean>): string {
  const text = formats[String(format)] ?? "text".padEnd(Number(minLength), "-");
  return typeof maxLength === "number" ? text.slice(0, maxLength) : text;
}

function sampleNumber(schema: Exclude<JsonSchema, boolean>): number {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf } = schema;
  const atLeast = typeof minimum === "number" ? minimum : Number.NEGATIVE_INFINITY;
  const above = typeof exclusiveMinimum === "number" ? exclusiveMinimum + 1 : Number.NEGATIVE_INFINITY;
  const atMost = typeof maximum === "number" ? maximum : Number.POSITIVE_INFINITY;
  const below = typeof exclusiveMaximum === "number" ? exclusiveMaximum - 1 : Number.POSITIVE_INFINITY;
  const step = typeof multipleOf === "number" ? multipleOf : 1;
  const low = Math.max(atLeast, above);
  const wanted = Math.min(Math.max(3, low), atMost, below);
  return Math.ceil(wanted / step) * step;
}
