/** What a loop over results reads from: results that wait in memory, or a store. */
import type { Breather } from "./breather.ts";
import type { ResultBatch } from "./core/result-batch.ts";

/** A batch in a loop's hands. Rows below `committed` are done with, those from `from` on are the loop's. */
export interface Portion {
  readonly batch: ResultBatch;
  readonly from: number;
  readonly committed: number;
  readonly isDone: boolean;
}

export interface ResultSource<P extends Portion = Portion> {
  readonly isOver: boolean;
  readonly breather: Breather;
  /** The next one, if there is one now. The one before is done with. */
  take(): P | undefined;
  /** Rows below `through` are done with. */
  commit(portion: P, through: number): void;
  /** Resolves when there may be something to take, or when it is over. */
  wait(): Promise<void>;
  /** Lets the event loop turn once. */
  breathe(): Promise<void>;
  /** Gives back what is not done with. Harmless twice. */
  end(): void;
}
