/**
 * Watches files by looking at them, and says when what is there is not what was loaded.
 *
 * Looking, and not the operating system's notices: those differ by platform, are lost on network and container mounts, and
 * end with a folder that is replaced. A look costs microseconds per file; where there are many, it comes less often. And
 * no change can be lost: a file is compared with the state in which it was loaded, however long ago.
 */
import { type FileState, lookAt } from "./file-state.ts";
import type { LoadedFile } from "./loaded-files.ts";

/** Between two looks. */
const lookMs = 150;
/** Looking may take this share of the time. */
const lookShare = 1 / 20;

export interface FileWatchOptions {
  /** Files that have changed and now hold still. */
  readonly onChange: (paths: readonly string[]) => void;
  readonly look?: (path: string) => Promise<FileState>;
}

export class FileWatch implements Disposable {
  readonly #onChange: (paths: readonly string[]) => void;
  readonly #look: (path: string) => Promise<FileState>;
  /** As it was loaded, or as it was when its last change was told. */
  readonly #known = new Map<string, FileState>();
  /** As it was at the last look, where it differs. */
  #unsettled = new Map<string, FileState>();
  /** Loaded by the present round. */
  #loaded = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor({ onChange, look = lookAt }: FileWatchOptions) {
    this.#onChange = onChange;
    this.#look = look;
  }

  /** From now on looks by itself. */
  start(): void {
    this.#timer = setTimeout(() => void this.#round(), lookMs);
  }

  /** A new round of loading. What was watched stays so. */
  begin(): void {
    this.#loaded = new Set();
  }

  /** Loaded in this round. Two processes may have loaded different states: then the older one has to load again. */
  add({ path, state }: LoadedFile): void {
    const isSecond = this.#loaded.has(path) && this.#known.get(path) !== state;
    this.#loaded.add(path);
    this.#known.set(path, isSecond ? "loaded in two states" : state);
  }

  /** The round has loaded all: what it did not load, nor is in `always`, is of no interest any more. */
  end(always: Iterable<string>): void {
    const kept = this.#loaded.union(new Set(always));
    for (const path of this.#known.keys()) if (!kept.has(path)) this.#known.delete(path);
  }

  /** Looks at all files once. A change is told at the second look that finds the files alike: a save takes several steps. */
  async look(): Promise<void> {
    const before = [...this.#known];
    const states = await Promise.all(before.map(([path]) => this.#look(path)));
    if (this.#isOver) return;
    const changed = new Map<string, FileState>();
    for (const [index, [path, known]] of before.entries()) {
      const state = states[index] ?? known;
      // It may have been loaded anew meanwhile.
      if (state !== known && this.#known.get(path) === known) changed.set(path, state);
    }
    const isSettled = changed.size > 0 && isSame(changed, this.#unsettled);
    this.#unsettled = isSettled ? new Map() : changed;
    if (!isSettled) return;
    for (const [path, state] of changed) this.#known.set(path, state);
    this.#onChange([...changed.keys()]);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    const startedAt = performance.now();
    await this.look();
    if (this.#isOver) return;
    const tookMs = performance.now() - startedAt;
    this.#timer = setTimeout(() => void this.#round(), Math.max(lookMs, tookMs / lookShare));
  }
}

const isSame = (a: ReadonlyMap<string, FileState>, b: ReadonlyMap<string, FileState>): boolean =>
  a.size === b.size && [...a].every(([path, state]) => b.get(path) === state);
