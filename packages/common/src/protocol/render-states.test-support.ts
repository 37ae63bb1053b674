/** Draws a table of states: as a Mermaid diagram, and as Markdown. */
import { type StateTable, start, type Transition } from "./state-tables.ts";

export function renderStateDiagram(table: StateTable): string {
  const lines = table.transitions.flatMap((transition) =>
    sourcesOf(transition).map((from) => arrow(from, transition)),
  );
  const ends = table.final.map((state) => `  ${state} --> [*]`);
  return ["```mermaid", "stateDiagram-v2", ...lines, ...ends, "```"].join("\n");
}

function arrow(from: string, { on, to }: Transition): string {
  // A colon would end the label.
  return `  ${from === start ? "[*]" : from} --> ${to}: ${on.replaceAll(":", "")}`;
}

export function renderStateTable(table: StateTable): string {
  const states = Object.entries(table.states).map(([name, doc]) => `- \`${name}\`: ${doc}`);
  const rows = table.transitions.map((transition) => {
    const { on, to, does } = transition;
    return `| ${sourcesOf(transition).map(code).join(", ")} | ${on} | ${code(to)} | ${does} |`;
  });
  return [table.doc, "", ...states, "", "| from | on | to | does |", "|---|---|---|---|", ...rows].join("\n");
}

export function sourcesOf({ from }: Transition): readonly string[] {
  return typeof from === "string" ? [from] : from;
}

const code = (text: string): string => (text === start ? "" : `\`${text}\``);
