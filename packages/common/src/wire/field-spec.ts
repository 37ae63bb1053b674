/**
 * How a field of a header is described: its type on the wire, its range, and a line for the reader.
 *
 * These descriptions are the single source of the decoder's checks, of what the encoder writes, and of the tables in
 * `docs/protocol.md`. The compiler holds them against the message types: no field can be missing, or be there without
 * one, or be optional on one side only.
 */
import type { Parsed } from "../contract/index.ts";

export interface UintSpec {
  readonly type: "uint";
  /** What is counted: `ms`, `µs`, `bytes`, `tasks`; nothing for numbers that name something. */
  readonly unit?: string;
  readonly min: number;
  readonly max: number;
}

/** Negative values too, or fractions. */
export interface NumberSpec {
  readonly type: "int" | "number";
  readonly unit?: string;
  readonly min: number;
  readonly max: number;
}

export interface TextSpec {
  readonly type: "text";
  readonly charsMin?: number;
  readonly charsMax: number;
  /** Only read by people: this side cuts it where it is too long. */
  readonly forPeople?: true;
  /** What else must hold, as the contract states it. */
  readonly parse?: (value: unknown) => Parsed<unknown>;
  /** The same in words. */
  readonly rule?: string;
}

export interface EnumSpec {
  readonly type: "enum";
  readonly of: readonly string[];
}

export type ScalarSpec =
  | UintSpec
  | NumberSpec
  | TextSpec
  | EnumSpec
  | { readonly type: "bool" }
  /** 8 bytes, in memory 16 lower-case hex digits. */
  | { readonly type: "id" };

export interface StructSpec {
  readonly type: "struct";
  /** The name of the table that the document has for it. */
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldSpec>>;
  /** What must hold between its fields. */
  readonly check?: (value: unknown) => Parsed<unknown>;
  /** Left out on the wire when no field is there; in memory it is always there. */
  readonly elided?: true;
}

export interface ListSpec {
  readonly type: "list";
  readonly of: ScalarSpec | StructSpec;
  readonly itemsMin: number;
  readonly itemsMax: number;
  /** The field before it that must have as many items. */
  readonly sameLengthAs?: string;
}

export type ShapeSpec =
  | ScalarSpec
  | StructSpec
  | ListSpec
  /** A map from names to texts. */
  | { readonly type: "textMap"; readonly entriesMax: number; readonly charsMax: number }
  /** `[origins, runs]`. Sets how many entries the columns after it refer to. */
  | { readonly type: "ids"; readonly countMin: 0 | 1; readonly countMax: number }
  /** `[at, values]`: entries for some of the ids. */
  | { readonly type: "sparse"; readonly of: ScalarSpec }
  /** One entry per id. */
  | { readonly type: "column"; readonly of: UintSpec }
  /** Flat triples: definition, tasks, bytes. */
  | { readonly type: "grants" }
  /** Lengths here, the values themselves in the body frame. As many as ids, or `count`. */
  | { readonly type: "values"; readonly count?: number };

export type FieldSpec = ShapeSpec & { readonly doc: string; readonly optional?: boolean };

/** The fields of a message or structure, one for each of its properties, optional where the property is. */
export type FieldsOf<Shape> = {
  readonly [Name in Exclude<keyof Shape, "verb">]-?: ShapeSpec & {
    readonly doc: string;
  } & (undefined extends Shape[Name] ? { readonly optional: true } : { readonly optional?: never });
};
