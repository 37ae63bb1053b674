/** One loop's hold on a consumer's cursor: reads pages of the store, and moves the cursor as the loop goes on. */
import { Breather } from "./breather.ts";
import type { ResultBatch } from "./core/result-batch.ts";
import type { Portion, ResultSource } from "./result-source.ts";
import type { StoreCursor } from "./store/sqlite/cursors.ts";
import type { StoredBatch, StoredResults } from "./store/sqlite/stored-results.ts";

/** A batch of the store in a loop's hands. */
export class StoredPortion implements Portion {
  readonly batch: ResultBatch;
  readonly from = 0;
  committed = 0;
  readonly #numbers: readonly number[];
  readonly #through: number;

  /** Nothing that its loop wants is left up to `through`, once it is done with. */
  constructor({ batch, numbers }: StoredBatch, through: number) {
    this.batch = batch;
    this.#numbers = numbers;
    this.#through = through;
  }

  get isDone(): boolean {
    return this.committed === this.batch.count;
  }

  /** Where the cursor stands when all of it is done with. */
  get end(): number {
    return this.#through;
  }

  /** Where the cursor stands now. */
  get position(): number {
    return this.isDone ? this.#through : (this.#numbers[this.committed - 1] ?? 0);
  }
}

export interface StoreClaimOptions {
  readonly results: StoredResults;
  readonly cursor: StoreCursor;
  readonly wants: (task: string, contract: string | undefined) => boolean;
  readonly now: () => number;
  /** What it has not had yet is kept for it, also beyond its time. */
  readonly holds?: boolean;
  /** It has found nothing, or it is over. */
  readonly onIdle: (claim: StoreClaim) => void;
}

export class StoreClaim implements ResultSource<StoredPortion> {
  readonly cursor: StoreCursor;
  readonly breather: Breather;
  readonly #options: StoreClaimOptions;
  #readThrough: number;
  #queue: StoredPortion[] = [];
  /** What the loop was given last. */
  #inHand: readonly StoredPortion[] = [];
  /** Those that begin when this one is done with what it has in hand. */
  #followers: StoreClaim[] = [];
  /** It follows another one. */
  #isHeld = false;
  /** The last page had nothing for this loop, and there may be more behind it. */
  #hasMore = false;
  #isOver = false;
  #isWaiting = false;
  #wake: (() => void) | undefined;

  constructor(options: StoreClaimOptions) {
    this.#options = options;
    this.cursor = options.cursor;
    this.#readThrough = options.cursor.n;
    this.breather = new Breather(options.now);
  }

  /** What comes after this number is kept for it. */
  get heldAfter(): number {
    return this.#options.holds === true ? this.cursor.n : Number.MAX_SAFE_INTEGER;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** It has had all that there is. */
  get isIdle(): boolean {
    return this.#isOver || (this.#isWaiting && !this.#isHeld);
  }

  take(): StoredPortion | undefined {
    if (this.#isOver || this.#isHeld) return undefined;
    this.#letFollow(this.#inHand.at(-1)?.end ?? 0);
    if (this.#queue.length === 0) this.#readOrEnd();
    const next = this.#queue.shift();
    this.#inHand = next === undefined ? [] : [next];
    return next;
  }

  /** All that a page has. */
  takePage(): readonly StoredPortion[] {
    const first = this.take();
    if (first === undefined) return [];
    const page = [first, ...this.#queue.splice(0)];
    this.#inHand = page;
    return page;
  }

  commit(portion: StoredPortion, through: number): void {
    if (this.#isOver || through === portion.committed) return;
    portion.committed = through;
    this.cursor.move(portion.position);
  }

  async wait(): Promise<void> {
    if (this.#isOver) return;
    if (this.#hasMore) return await this.breathe();
    this.#isWaiting = true;
    this.#options.onIdle(this);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#isWaiting = false;
  }

  /** There may be more in the store. */
  offered(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake !== undefined) this.#isWaiting = false;
    wake?.();
  }

  async breathe(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.breather.turned();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#queue = [];
    this.#letFollow(this.cursor.n);
    this.#options.onIdle(this);
    this.offered();
  }

  /**
   * Another loop takes over a definition: what this one has not in hand of it is not its own any more. What it has in hand stays
   * with it, and if it is left in the middle, the rest of that is the other one's: so that one begins when this is known.
   */
  leave(to: StoreClaim, isTheirs: (task: string, contract: string | undefined) => boolean): void {
    const isLeft = ({ batch }: StoredPortion): boolean => isTheirs(batch.name, batch.contract);
    this.#queue = this.#queue.filter((portion) => !isLeft(portion));
    if (!this.#inHand.some((portion) => !portion.isDone && isLeft(portion))) return;
    to.#isHeld = true;
    this.#followers.push(to);
  }

  #letFollow(from: number): void {
    for (const follower of this.#followers.splice(0)) {
      follower.#isHeld = false;
      const { cursor } = follower;
      if (from > cursor.n) cursor.move(from, cursor.note);
      follower.#readThrough = cursor.n;
      follower.offered();
    }
  }

  /** A store that cannot be read ends the loop; nobody else would: a loop that throws is not left by `return`. */
  #readOrEnd(): void {
    try {
      this.#read();
    } catch (error) {
      this.end();
      throw error;
    }
  }

  #read(): void {
    const { results, wants } = this.#options;
    const after = this.#readThrough;
    const { batches, through } = results.page({ after, wants });
    this.#hasMore = batches.length === 0 && through > after;
    this.#readThrough = through;
    // Nothing is in hand where a page is read: so what was found to be others' is done with.
    if (this.#hasMore) this.cursor.move(through, this.cursor.note);
    this.#queue = batches.map((stored, index) => {
      const next = batches[index + 1]?.numbers[0];
      return new StoredPortion(stored, next === undefined ? through : next - 1);
    });
  }
}
