/** What one sink remembers, on a disk: the window that ships, fed by what has become durable, and a note of each commit. */

import { forEachId } from "@tq/common/protocol";
import { DuplicateWindow, type WindowSnapshot } from "../../../packages/sink/src/core/duplicate-window.ts";
import type { Rows } from "../../../packages/sink/src/core/result-batch.ts";
import { applyChange, type StoreChange } from "../../../packages/sink/src/core/store-change.ts";
import { Disk } from "./disk.ts";
import type { RoleSurroundings } from "./role.ts";

const closedOriginsMax = 1_000;

export class SinkStore {
  /** Stable over the starts of its sink. */
  readonly id: string;
  readonly disk: Disk<StoreChange>;
  readonly #world: RoleSurroundings;
  readonly #window = new DuplicateWindow(closedOriginsMax);

  constructor(world: RoleSurroundings, sink: string) {
    this.#world = world;
    this.id = `${sink}-${world.lostStores}`;
    const { clock, streams, configuration } = world;
    this.disk = new Disk({
      clock,
      random: streams.disk,
      syncMsMax: configuration.hasStore ? configuration.syncMsMax : 0,
      apply: (change) => this.#apply(change),
    });
  }

  restore(): WindowSnapshot {
    return this.#window.snapshot();
  }

  #apply(change: StoreChange): void {
    applyChange(this.#window, change);
    for (const rows of [...change.results, ...change.pushed]) this.#note(rows);
  }

  #note({ batch, from, to }: Rows): void {
    let row = 0;
    forEachId(batch.ids, (origin, seq) => {
      if (row >= from && row < to) this.#world.committed(this.id, { origin, seq, outcome: batch.outcome });
      row += 1;
    });
  }
}
