/** A line on the terminal that is drawn over and over; nothing where stderr is no terminal. */
import { performance } from "node:perf_hooks";
import { say } from "../output/report-error.ts";

export interface Progress {
  readonly results: number;
  readonly bytes: number;
  readonly workers: number;
}

const barChars = 24;
const eraseLine = "\r\u001b[2K";

export class ProgressBar implements Disposable {
  readonly #total: number;
  readonly #isShown: boolean;
  /** When the first progress was told: starting processes is no part of the rate. */
  #startedAt: number | undefined;
  #line = "";

  constructor(total: number) {
    this.#total = total;
    this.#isShown = process.stderr.isTTY === true && process.env.TERM !== "dumb";
  }

  /** A line that stays. */
  readonly say = (line: string): void => {
    say(this.#isShown ? `${eraseLine}${line}\n${this.#line}` : `${line}\n`);
  };

  draw(progress: Progress): void {
    if (!this.#isShown) return;
    this.#startedAt ??= performance.now();
    const seconds = (performance.now() - this.#startedAt) / 1000 || 1;
    this.#line = formatProgress({ ...progress, total: this.#total, seconds }).slice(
      0,
      (process.stderr.columns || 80) - 1,
    );
    say(eraseLine + this.#line);
  }

  [Symbol.dispose](): void {
    if (this.#isShown) say(eraseLine);
  }
}

export function formatProgress(progress: Progress & { total: number; seconds: number }): string {
  const { results, total, bytes, workers, seconds } = progress;
  const share = total === 0 ? 1 : results / total;
  const filled = Math.round(share * barChars);
  const rate = `${Math.round(results / seconds)} files/s, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s`;
  const bar = `${"#".repeat(filled)}${".".repeat(barChars - filled)}`;
  return `[${bar}] ${results} of ${total} files, ${rate}, ${workers} workers`;
}
