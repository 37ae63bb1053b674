/** Writes the grammar as Markdown tables. */
import { binaryKinds } from "../wire/extensions.ts";
import type { FieldSpec, ShapeSpec, StructSpec } from "../wire/field-spec.ts";
import { grammar } from "../wire/grammar.ts";
import { wireLimits } from "../wire/limits.ts";
import type { Verb } from "../wire/messages.ts";
import type { Place } from "../wire/verb-spec.ts";

type Fields = Readonly<Record<string, FieldSpec>>;

const verbs = Object.keys(grammar) as Verb[];

export function renderOverview(): string {
  const rows = verbs.map((verb) => {
    const { doc, flows, place, reaction } = grammar[verb];
    return `| [${verb}](#${verb.toLowerCase()}) | ${flows.join("<br>")} | ${place} | ${reaction} | ${doc} |`;
  });
  return ["| verb | from → to | place | violation | says |", "|---|---|---|---|---|", ...rows].join("\n");
}

/** What every message in a session begins with is described once, above. */
export function renderVerbs(places: readonly Place[]): string {
  return verbs
    .filter((verb) => places.includes(grammar[verb].place))
    .map((verb) => {
      const { doc, flows, place } = grammar[verb];
      const envelope =
        place === "numbered"
          ? envelopeNote("`session`, `received`, `number`")
          : place === "unnumbered"
            ? envelopeNote("`session`, `received`")
            : "";
      const own: Fields = grammar[verb].fields;
      const names = Object.keys(own).filter(
        (name) => envelope === "" || !["session", "received", "number"].includes(name),
      );
      const table = names.length === 0 ? "No other field." : renderFields(own, names);
      return [`### ${verb}`, "", `${doc} ${flows.join(", ")}.${envelope}`, "", table].join("\n");
    })
    .join("\n\n");
}

const envelopeNote = (fields: string): string => ` After ${fields}:`;

export function renderEnvelope(): string {
  return renderFields(grammar.ACCEPTED.fields as Fields, ["session", "received", "number"]);
}

function renderFields(fields: Fields, names: readonly string[] = Object.keys(fields)): string {
  const rows = names.map((name) => {
    const spec = fields[name] as FieldSpec;
    const need = spec.optional || (spec.type === "struct" && spec.elided) ? "no" : "yes";
    return `| \`${name}\` | ${typeOf(spec)} | ${rangeOf(spec)} | ${unitOf(spec)} | ${need} | ${spec.doc} |`;
  });
  return ["| field | type | range | unit | required | |", "|---|---|---|---|---|---|", ...rows].join("\n");
}

export function renderStructures(): string {
  const found = new Map<string, StructSpec>();
  for (const verb of verbs) collect(grammar[verb].fields as Fields, found);
  return [...found.values()]
    .map(({ name, fields }) => `### \`${name}\`\n\n${renderFields(fields)}`)
    .join("\n\n");
}

function collect(fields: Fields, found: Map<string, StructSpec>): void {
  for (const spec of Object.values(fields)) {
    const inner: ShapeSpec = spec.type === "list" ? spec.of : spec;
    if (inner.type !== "struct" || found.has(inner.name)) continue;
    found.set(inner.name, inner);
    collect(inner.fields, found);
  }
}

function typeOf(spec: ShapeSpec): string {
  switch (spec.type) {
    case "struct":
      return `[${spec.name}](#${spec.name})`;
    case "list":
      return `array of ${typeOf(spec.of)}`;
    case "sparse":
      return `sparse ${typeOf(spec.of)}`;
    case "column":
      return `column of ${typeOf(spec.of)}`;
    case "textMap":
      return "map of text to text";
    case "id":
      return "bin";
    case "values":
      return "lengths";
    default:
      return spec.type;
  }
}

function rangeOf(spec: ShapeSpec): string {
  switch (spec.type) {
    case "uint":
    case "int":
    case "number":
      return `${count(spec.min)} to ${count(spec.max)}`;
    case "text":
      return `${count(spec.charsMin ?? 0)} to ${count(spec.charsMax)} characters${spec.rule === undefined ? "" : ` of ${spec.rule}`}`;
    case "enum":
      return spec.of.map((one) => `\`${one}\``).join(", ");
    case "id":
      return "8 bytes";
    case "list":
      return `${count(spec.itemsMin)} to ${count(spec.itemsMax)} items${rangeOfItems(spec.of)}`;
    case "sparse":
    case "column":
      return rangeOf(spec.of);
    case "textMap":
      return `up to ${spec.entriesMax} entries, ${spec.charsMax} characters`;
    case "ids":
      return `${count(spec.countMin)} to ${count(spec.countMax)} ids`;
    case "grants":
      return `up to ${count(wireLimits.definitionsMax)} triples`;
    case "values":
      return `up to ${count(wireLimits.bodyBytesMax)} bytes in all`;
    default:
      return "";
  }
}

function rangeOfItems(spec: ShapeSpec): string {
  const range = rangeOf(spec);
  return range === "" ? "" : `; each ${range}`;
}

function unitOf(spec: ShapeSpec): string {
  if (spec.type === "sparse" || spec.type === "column") return unitOf(spec.of);
  return "unit" in spec && spec.unit !== undefined ? spec.unit : "";
}

function count(value: number): string {
  return value === Number.MAX_SAFE_INTEGER ? "2^53 − 1" : value.toLocaleString("en").replace("-", "−");
}

export function renderLimits(): string {
  const rows = Object.entries(wireLimits).map(([name, value]) => `| \`${name}\` | ${count(value)} |`);
  return ["| limit | value |", "|---|---|", ...rows].join("\n");
}

export function renderBinaryKinds(): string {
  const rows = binaryKinds.map((kind, number) => `| ${number} | ${kind} |`);
  return ["| kind | elements |", "|---|---|", ...rows].join("\n");
}
