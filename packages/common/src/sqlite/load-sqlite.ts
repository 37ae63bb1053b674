/**
 * Node's own SQLite, loaded at first use. Node 22 calls it experimental, on stderr and once per thread; that line would
 * stand between a role's log lines, and tells nobody anything that he could act on.
 */
import type * as Sqlite from "node:sqlite";

let loaded: typeof Sqlite | undefined;

export function loadSqlite(): typeof Sqlite {
  loaded ??= loadQuietly();
  return loaded;
}

function loadQuietly(): typeof Sqlite {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
