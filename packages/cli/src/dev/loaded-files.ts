/**
 * Tells which files of the user's own a process loads as modules, and in which state each was when it was loaded: what
 * changes between that moment and the first look of whoever watches is seen, too.
 *
 * Packages are left out. A module that could not be found is told as well: making it is what mends the edit.
 */
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { type FileState, lookAtNow } from "./file-state.ts";

export interface LoadedFile {
  readonly path: string;
  readonly state: FileState;
}

/** `tell` is called soon after files were loaded, now and whenever a handler imports more. The result tells what is left. */
export function tellLoadedFiles(tell: (files: readonly LoadedFile[]) => void): () => void {
  let untold: LoadedFile[] = [];
  const flush = (): void => {
    if (untold.length === 0) return;
    const files = untold;
    untold = [];
    tell(files);
  };
  const see = (url: string): void => {
    const path = ownFile(url);
    if (path === undefined) return;
    if (untold.push({ path, state: lookAtNow(path) }) === 1) setImmediate(flush);
  };
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        const isOwn = /^(?:\.{0,2}\/|file:)/.test(specifier);
        if (isOwn && context.parentURL !== undefined) see(new URL(specifier, context.parentURL).href);
        throw error;
      }
    },
    load(url, context, next) {
      see(url);
      return next(url, context);
    },
  });
  return flush;
}

function ownFile(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  const path = fileURLToPath(url);
  return /[\\/]node_modules[\\/]/.test(path) ? undefined : path;
}
