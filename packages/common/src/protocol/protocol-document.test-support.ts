/** The generated parts of `docs/protocol.md`, by the name in their markers, and how they are put into the document. */
import {
  renderBinaryKinds,
  renderEnvelope,
  renderLimits,
  renderOverview,
  renderStructures,
  renderVerbs,
} from "./render-grammar.test-support.ts";
import { renderStateDiagram, renderStateTable } from "./render-states.test-support.ts";
import { stateTables } from "./state-tables.ts";

export const documentFile = new URL("../../../../docs/protocol.md", import.meta.url);

export const parts: Readonly<Record<string, () => string>> = {
  overview: renderOverview,
  envelope: renderEnvelope,
  "verbs outside": () => renderVerbs(["outside"]),
  "verbs pipe": () => renderVerbs(["pipe"]),
  "verbs unnumbered": () => renderVerbs(["unnumbered"]),
  "verbs numbered": () => renderVerbs(["numbered"]),
  structures: renderStructures,
  "binary kinds": renderBinaryKinds,
  limits: renderLimits,
  ...Object.fromEntries(
    Object.entries(stateTables).map(([name, table]) => [
      `states ${name}`,
      () => `${renderStateDiagram(table)}\n\n${renderStateTable(table)}`,
    ]),
  ),
};

const region = /<!-- generated: (?<name>[^>]+) -->\n[\s\S]*?<!-- end -->/g;

export function namesIn(document: string): string[] {
  return Array.from(document.matchAll(region), ({ groups }) => groups?.name ?? "");
}

export function withParts(document: string): string {
  return document.replaceAll(region, (_whole, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`nothing generates "${name}"`);
    return `<!-- generated: ${name} -->\n${part()}\n<!-- end -->`;
  });
}
