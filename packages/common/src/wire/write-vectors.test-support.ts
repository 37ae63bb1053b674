/**
 * Writes `vectors.json` anew: `node packages/common/src/wire/write-vectors.test-support.ts`, then format it. It adds, and it never changes:
 * where a vector that is there would come out differently, it says so and writes nothing.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { makeVectors, type Vectors } from "./vectors.test-support.ts";

const file = new URL("./vectors.json", import.meta.url);
const made = makeVectors();
const kinds = [
  "values",
  "valuesToRead",
  "valuesToRefuse",
  "messages",
  "messagesToRead",
  "messagesToRefuse",
] as const;
const changed = existsSync(file) ? changedFrom(JSON.parse(readFileSync(file, "utf8")) as Vectors) : [];

if (changed.length > 0) {
  console.error(`These vectors are published and would change; nothing is written:\n${changed.join("\n")}`);
  process.exitCode = 1;
} else {
  writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`);
}

function changedFrom(published: Vectors): string[] {
  return kinds.flatMap((kind) => {
    const now = new Map<string, string>(made[kind].map((vector) => [vector.name, JSON.stringify(vector)]));
    return published[kind]
      .filter((vector) => now.get(vector.name) !== JSON.stringify(vector))
      .map(({ name }) => `${kind}: ${name}`);
  });
}
