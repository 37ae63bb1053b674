/** What can be said about a journal, and what is wrong with what was said. */
import { TqError } from "@tq/common";
import { checkKnownOptions } from "@tq/common/contract";
import type { Durability } from "@tq/common/sqlite";

export type { Durability };

/** Where a ventilator keeps what it has accepted, so that it outlives its process. */
export interface JournalOptions {
  /** Folder of the journal's files; made if it is not there. On a disk of this machine: file locks of network disks are not to be trusted. */
  readonly directory: string;
  /**
   * When a task counts as accepted. `always`: it is written and synced, so that a power loss takes nothing. `interval`: it is
   * written, and synced with all others each second, so that a power loss takes up to a second. `none`: it is written, and
   * synced when the operating system likes. A process that is killed loses nothing in any of them. Default `always`.
   */
  readonly durability?: Durability | undefined;
}

const known: Record<keyof JournalOptions, true> = { directory: true, durability: true };

/** All of them, the safest first. */
export const durabilities: readonly Durability[] = ["always", "interval", "none"];

/** Errors: `TQ_ERR_INVALID_OPTION`. */
export function checkJournal(caller: string, journal: JournalOptions | undefined): void {
  if (journal === undefined) return;
  if (typeof journal !== "object" || journal === null)
    throw invalid("journal", "is { directory, durability }", journal);
  checkKnownOptions(`${caller}'s journal`, journal, known);
  const { directory, durability } = journal;
  if (typeof directory !== "string" || directory === "")
    throw invalid("journal.directory", "is the path of a folder", directory);
  if (durability !== undefined && !durabilities.includes(durability))
    throw invalid("journal.durability", `is one of ${durabilities.join(", ")}`, durability);
}

function invalid(option: string, rule: string, got: unknown): TqError {
  return new TqError("TQ_ERR_INVALID_OPTION", `${option} ${rule}; got ${JSON.stringify(got)}`, {
    details: { option },
  });
}
