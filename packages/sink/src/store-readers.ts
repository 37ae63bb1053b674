/**
 * All loops over a store: which consumer reads what, and from where.
 *
 * A consumer gets each result once, by one of its loops: what a loop over a definition does not read, the one without a
 * definition does. A definition is a consumer's own from its first loop on, also while none runs. Another consumer gets the
 * same results again, at its own pace.
 */
import { type AnyTask, TqError } from "@tq/common";
import { overlaps, type Selector } from "./core/inbox-reader.ts";
import type { CursorKey, StoreCursor } from "./store/sqlite/cursors.ts";
import type { SqliteStore } from "./store/sqlite/sqlite-store.ts";
import { StoreClaim } from "./store-claim.ts";

export class StoreReaders {
  readonly #store: SqliteStore;
  readonly #now: () => number;
  readonly #claims = new Set<StoreClaim>();
  #onIdle: (() => void) | undefined;

  constructor(store: SqliteStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Results expire from now on, if they do. */
  beginExpiry(): void {
    this.#store.beginExpiry(() => {
      let heldAfter = Number.MAX_SAFE_INTEGER;
      for (const claim of this.#claims) heldAfter = Math.min(heldAfter, claim.heldAfter);
      return heldAfter;
    });
  }

  /** Errors: `TQ_ERR_RESULTS_IN_USE`. */
  claim(consumer: string, task: AnyTask | undefined, { holds = false } = {}): StoreClaim {
    const key = { consumer, task: task?.name ?? "", contract: task?.contractId ?? "" };
    const selector = selectorOf(key);
    for (const { cursor } of this.#claims) {
      if (cursor.key.consumer !== consumer || !overlaps(selector, selectorOf(cursor.key))) continue;
      const what = task === undefined ? "all results" : `the results of ${task.name}`;
      throw new TqError("TQ_ERR_RESULTS_IN_USE", `another loop of ${consumer} already reads ${what}`);
    }
    const claim = new StoreClaim({
      results: this.#store.results,
      cursor: this.#cursor(key),
      wants: selector === undefined ? this.#leftOver(consumer) : wantedBy(selector),
      now: this.#now,
      holds,
      onIdle: (idle) => this.#idle(idle),
    });
    if (selector !== undefined) this.#rest(consumer)?.leave(claim, wantedBy(selector));
    this.#claims.add(claim);
    return claim;
  }

  /** There are more results. */
  offered(): void {
    for (const claim of this.#claims) claim.offered();
  }

  /** Resolves when every loop has had all that there is. */
  allIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = () => {
        for (const { isIdle } of this.#claims) if (!isIdle) return;
        resolve();
      };
      this.#onIdle();
    });
  }

  end(): void {
    for (const claim of this.#claims) claim.end();
  }

  #idle(claim: StoreClaim): void {
    if (claim.isOver) this.#claims.delete(claim);
    this.#onIdle?.();
  }

  /** Where it was left; a definition's first one goes on where the loop over all is. */
  #cursor(key: CursorKey): StoreCursor {
    const { cursors } = this.#store;
    const known = cursors.find(key);
    if (known !== undefined) return known;
    const rest = cursors.find({ consumer: key.consumer, task: "", contract: "" });
    return cursors.create(key, key.task === "" ? 0 : (rest?.n ?? 0));
  }

  /** A consumer's loop over all that no other has, if one runs. */
  #rest(consumer: string): StoreClaim | undefined {
    return [...this.#claims].find(({ cursor: { key } }) => key.consumer === consumer && key.task === "");
  }

  #leftOver(consumer: string): (task: string, contract: string | undefined) => boolean {
    return (name, contract) => {
      for (const { key } of this.#store.cursors.of(consumer)) {
        if (key.task !== "" && overlaps(selectorOf(key), { name, contract })) return false;
      }
      return true;
    };
  }
}

const selectorOf = ({ task, contract }: CursorKey): Selector | undefined =>
  task === "" ? undefined : { name: task, contract: contract === "" ? undefined : contract };

const wantedBy =
  (selector: Selector | undefined) =>
  (name: string, contract: string | undefined): boolean =>
    overlaps(selector, { name, contract });
