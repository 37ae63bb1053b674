import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findFiles } from "./find-files.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tq-find-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), "x");
  }
}

const find = async (...folders: string[]) =>
  (await findFiles(folders.length === 0 ? [folder] : folders, ["md", "txt"])).files.map((path) =>
    path.toString().slice(folder.length + 1),
  );

test("finds regular files by their endings, told apart by case, in hidden folders too", async () => {
  await write(
    "a.md",
    "b.MD",
    "c.txt",
    "d.text",
    "md",
    ".md",
    "e.md.bak",
    ".hidden/f.txt",
    "deep/er/g.md",
    "h..txt",
  );
  await mkdir(join(folder, "folder.md"));
  expect(await find()).toEqual([".hidden/f.txt", ".md", "a.md", "c.txt", "deep/er/g.md", "h..txt"]);
});

test("follows no links, neither to files nor to folders", async () => {
  await write("real/a.md");
  await symlink(join(folder, "real/a.md"), join(folder, "link.md"));
  await symlink(join(folder, "real"), join(folder, "linked"));
  await symlink(folder, join(folder, "real/circle"));
  expect(await find()).toEqual(["real/a.md"]);
});

test("a folder that is named is meant, even if the name is a link", async () => {
  await write("real/a.md");
  await symlink(join(folder, "real"), join(folder, "linked"));
  expect(await find(join(folder, "linked"))).toEqual(["real/a.md"]);
});

test("folders that overlap give each file once", async () => {
  await write("in/a.md", "b.md");
  expect(await find(folder, join(folder, "in"), folder)).toEqual(["b.md", "in/a.md"]);
});

test("two names that differ in bytes that are no Unicode are two files", async () => {
  const names = [0xfe, 0xff].map((byte) =>
    Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([byte]), Buffer.from(".md")]),
  );
  for (const name of names) await writeFile(name, "x");
  expect((await findFiles([folder], ["md"])).files).toEqual(names);
});

test("a folder that is missing, or none, or without such files, is an error that names it", async () => {
  await write("a.json", "some/b.md");
  const refusal = (...folders: string[]) => expect(find(...folders)).rejects;
  await refusal(join(folder, "nowhere")).toThrow(/nowhere does not exist/);
  await refusal(join(folder, "a.json")).toThrow(/a\.json is not a folder/);
  await mkdir(join(folder, "empty"));
  await refusal(folder, join(folder, "empty")).toThrow(/empty holds no file that ends in \.md or \.txt/);
  await refusal(join(folder, "nowhere")).toMatchObject({ code: "TQ_ERR_INVALID_OPTION" });
});
