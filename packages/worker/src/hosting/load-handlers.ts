/**
 * Loads files of handlers: what `handler()` made counts, whatever else a file exports is left alone.
 */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Handler, TqError } from "@tq/common";
import { isHandler } from "@tq/common/contract";

/** A file that exports handlers: a path, relative to the process's folder, or a `file:` URL. */
export type HandlerFile = string | URL;

/** The handlers of all files, each once. Errors: `TQ_ERR_INVALID_HANDLER`, which names the file and what is wrong with it. */
export async function loadHandlers(files: readonly HandlerFile[]): Promise<readonly Handler[]> {
  const handlers = new Set<Handler>();
  // One after the other: a file may rely on what an earlier one set up.
  for (const file of files) {
    const path = typeof file === "string" ? file : fileURLToPath(file);
    for (const found of await loadFile(path)) handlers.add(found);
  }
  return [...handlers];
}

async function loadFile(file: string): Promise<readonly Handler[]> {
  const exported = await importFile(file);
  const handlers = Object.values(exported).filter(isHandler);
  const { default: list } = exported;
  if (Array.isArray(list)) handlers.push(...list.filter(isHandler));
  if (handlers.length > 0) return handlers;
  const names = Object.keys(exported);
  throw refuse(
    file,
    `exports nothing that handler() made; ${names.length === 0 ? "it exports nothing" : `its exports: ${names.join(", ")}`}`,
  );
}

async function importFile(file: string): Promise<Record<string, unknown>> {
  const path = resolve(file);
  const found = await stat(path).catch((error: unknown) => {
    throw refuse(file, `cannot be read: ${error instanceof Error ? error.message : error}`, error);
  });
  if (!found.isFile()) throw refuse(file, "is not a file");
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw refuse(file, `cannot be loaded: ${describe(error)}`, error);
  }
}

/** Node puts `file:line` of a syntax error into the first line of its stack, and nowhere else. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [place = ""] = (error.stack ?? "").split("\n", 1);
  const where = /^(?:file:|\/).*:\d+$/.test(place) ? ` (${place})` : "";
  return `${error.name}: ${error.message}${where}`;
}

function refuse(file: string, problem: string, cause?: unknown): TqError {
  return new TqError("TQ_ERR_INVALID_HANDLER", `${file} ${problem}`, {
    details: { file },
    ...(cause !== undefined && { cause }),
  });
}
