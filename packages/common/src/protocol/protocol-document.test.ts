import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { documentFile, namesIn, parts, withParts } from "./protocol-document.test-support.ts";
import { sourcesOf } from "./render-states.test-support.ts";
import { type StateTable, start, stateTables } from "./state-tables.ts";

const document = readFileSync(documentFile, "utf8");

describe("docs/protocol.md", () => {
  it("is what the grammar and the state tables say; else run write-protocol-document.test-support.ts", () => {
    expect(document).toBe(withParts(document));
  });

  it("has every generated part once", () => {
    expect(namesIn(document).toSorted()).toEqual(Object.keys(parts).toSorted());
  });

  it("links only to headings that it has", () => {
    const slugs = new Set(Array.from(document.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) => slug(heading)));
    const targets = Array.from(document.matchAll(/\]\(#([^)]+)\)/g), ([, target]) => target);
    expect(targets.filter((target) => !slugs.has(target ?? ""))).toEqual([]);
    expect(targets.length).toBeGreaterThan(20);
  });
});

/** As GitHub makes them. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

describe.each(Object.entries<StateTable>(stateTables))("the states of %s", (_name, table) => {
  const { states, final, transitions } = table;

  it("are all described, and all reached", () => {
    const named = transitions.flatMap((transition) => [...sourcesOf(transition), transition.to]);
    expect(new Set([start, ...Object.keys(states)])).toEqual(new Set(named));
    const reached = new Set([start]);
    for (let size = 0; size < reached.size; ) {
      size = reached.size;
      for (const transition of transitions)
        if (sourcesOf(transition).some((from) => reached.has(from))) reached.add(transition.to);
    }
    expect(reached).toEqual(new Set([start, ...Object.keys(states)]));
  });

  it("are final where nothing follows, and nowhere else", () => {
    const left = new Set(transitions.flatMap(sourcesOf));
    expect(
      Object.keys(states)
        .filter((state) => !left.has(state))
        .toSorted(),
    ).toEqual(final.toSorted());
  });

  it("are left in one way by one event", () => {
    const events = transitions.flatMap((transition) =>
      sourcesOf(transition).map((from) => `${from}: ${transition.on}`),
    );
    expect(new Set(events).size).toBe(events.length);
  });
});
