/** What the codec must know of id runs: how many ids they stand for. Working with them is the protocol layer's. */
import type { IdRuns } from "./messages.ts";

export function idCount(ids: IdRuns): number {
  const { runs } = ids;
  let count = 0;
  for (let index = 2; index < runs.length; index += 3) count += runs[index] ?? 0;
  return count;
}
