import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { problemAffectsResolutionKind } from "@arethetypeswrong/core/problems";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, test } from "vitest";
import { packageFolders } from "./pack-all.ts";
import { packedFrom } from "./packed.ts";

async function open(folder: string) {
  const { name, tarball } = packedFrom(folder);
  const data = await readFile(tarball);
  const contents = createPackageFromTarballData(data);
  const root = `/node_modules/${name}`;
  const files = contents.listFiles(root).map((path) => posix.relative(root, path));
  const read = (path: string) => contents.readFile(posix.join(root, path));
  return { data, contents, files, read, manifest: JSON.parse(read("package.json")) };
}

describe.each(packageFolders)("the tarball of %s", (folder) => {
  test("has documents, sources and what is built of them, and nothing of the tests or of the build", async () => {
    const { files } = await open(folder);
    expect(files).toEqual(
      expect.arrayContaining(["README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"]),
    );
    const allowed = /^(README\.md|LICENSE|package\.json|dist\/.*\.(js|d\.ts)(\.map)?|src\/.*\.ts)$/;
    expect(files.filter((path) => !allowed.test(path) || /\.(test|test-support)\./.test(path))).toEqual([]);
  });

  test("has the source of every built file, where its map says", async () => {
    const { files, read } = await open(folder);
    const maps = files.filter((path) => path.endsWith(".map"));
    expect(maps.length).toBeGreaterThan(0);
    const missing = maps.flatMap((map) => {
      const sources: string[] = JSON.parse(read(map)).sources;
      return sources
        .map((source) => posix.join(posix.dirname(map), source))
        .filter((path) => !files.includes(path));
    });
    expect(missing).toEqual([]);
  });

  test("says what a registry shows and an installer checks", async () => {
    const { manifest } = await open(folder);
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/\btq\b/),
      keywords: expect.arrayContaining(["task-queue", "zeromq"]),
      license: "MIT",
      type: "module",
      engines: { node: expect.stringMatching(/^>=\d+\.\d+$/) },
      // A program is run for its effects; a library may be left out where nothing of it is used.
      sideEffects: "bin" in manifest,
      publishConfig: { access: "public" },
    });
  });

  test("asks for one version of each package, and the same of tq", async () => {
    const { manifest } = await open(folder);
    const asked = Object.entries<string>(manifest.dependencies ?? {});
    expect(asked.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const others = asked.filter(([name, version]) => name.startsWith("@tq/") && version !== manifest.version);
    expect(others).toEqual([]);
  });

  test("is what publint takes for well made", async () => {
    const { data, manifest } = await open(folder);
    const tarball = new Uint8Array(data).buffer;
    const { messages } = await publint({ pack: { tarball }, level: "suggestion", strict: true });
    expect(messages.map((message) => formatMessage(message, manifest, { color: false }))).toEqual([]);
  });

  // Left out: resolution of the kind node10, which knows no `exports` and which no supported Node has, and what is said of
  // require(): that it would be given ES modules. Every supported Node can do that, and another test does it.
  test("has types that are right, for import and for bundlers", async () => {
    const analysis = await checkPackage((await open(folder)).contents);
    if (analysis.types === false) throw new Error("no types are found");
    const wrong = analysis.problems.filter((problem) =>
      (["node16-esm", "bundler"] as const).some((kind) =>
        problemAffectsResolutionKind(problem, kind, analysis),
      ),
    );
    expect(wrong).toEqual([]);
  });
});
