/**
 * A store that remembers what is final and keeps no results: a loop has already had them when they are committed.
 *
 * It outlives the sink that uses it, not the process. A sink that is started anew over the same one goes on as if it had
 * never been away, which is what a simulation of crashes needs.
 */
import { DuplicateWindow } from "../core/duplicate-window.ts";
import { defaultLimits } from "../core/limits.ts";
import { applyChange } from "../core/store-change.ts";
import type { ResultStore, StoreListener } from "./store.ts";

export function createMemoryStore(id: string): ResultStore {
  const window = new DuplicateWindow(defaultLimits.closedOriginsMax);
  let listener: StoreListener | undefined;
  return {
    id,
    restore: () => window.snapshot(),
    listen: (to) => {
      listener = to;
    },
    write: (number, change) => {
      applyChange(window, change);
      listener?.persisted(number);
    },
    close: () => Promise.resolve(),
  };
}
